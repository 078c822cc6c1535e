import { h } from "../dom.js";

/**
 * Two texts with what differs between them marked, letter by letter; upper and lower case count as the same letter, but
 * each side is shown as it is written.
 * @returns One list of nodes for each side.
 */
export function markDifferences(diffChars, left, right) {
  const sides = { left: [], right: [] };
  const letters = { left: [...left], right: [...right] };
  const take = (side, count, differs) => {
    const text = letters[side].splice(0, count).join("");
    sides[side].push(differs ? h("mark", { class: "app-difference" }, text) : text);
  };
  for (const { count, added, removed } of diffChars(left, right, { ignoreCase: true })) {
    if (!added) take("left", count, removed);
    if (!removed) take("right", count, added);
  }
  return sides;
}

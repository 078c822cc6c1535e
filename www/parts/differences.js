import { h } from "../dom.js";

/**
 * Two texts with what differs between them marked, character by character.
 * @returns One list of nodes for each side.
 */
export function markDifferences(diffChars, left, right) {
  const sides = { left: [], right: [] };
  const mark = (text) => h("mark", { class: "app-difference" }, text);
  for (const { value, added, removed } of diffChars(left, right, { ignoreCase: true })) {
    if (!added) sides.left.push(removed ? mark(value) : value);
    if (!removed) sides.right.push(added ? mark(value) : value);
  }
  return sides;
}

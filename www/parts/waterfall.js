import { h, svg } from "../dom.js";
import { nameOf } from "./comparisons.js";
import { table } from "./table.js";

/** What stands for the level of a comparison that tells where a sensitive child lives. */
const WITHHELD = "withheld";

/** A weight in bits with its sign: `+8.9`, `−6.1`. */
export const bits = (weight) => `${weight > 0 ? "+" : weight < 0 ? "−" : ""}${Math.abs(weight).toFixed(1)}`;

/** What the odds of a weight are, in words. */
export function oddsInWords(weight) {
  const odds = 2 ** Math.abs(weight);
  const round = odds < 10 ? odds.toFixed(1) : Number(odds.toPrecision(odds < 1000 ? 2 : 1)).toLocaleString("en-GB");
  if (Math.abs(weight) < 0.15) return "about even";
  return `about ${round} to 1 ${weight > 0 ? "that it is one child" : "that they are two children"}`;
}

/**
 * About how much a weight is, where its number would tell what is withheld: who knows the other parts of a sum knows the
 * last one too.
 */
export const bandInWords = (weight) =>
  weight < 0 ? "under 0 bits: rather two children" : weight < 10 ? "0 to 10 bits: rather one child" : "over 10 bits: one child, by weight";

/** Whether a part of a waterfall is withheld, and its sum therefore to be told roughly. */
export const isWithheld = ({ bars }) => bars.some(({ level }) => level === WITHHELD);

/** Why a pair has its weight: each step of the sum as a row, with its bar from the sum before to the sum after. */
export function waterfall({ prior, bars, household, match_weight: total }) {
  const steps = [{ name: "Before any comparison", level: "two records at random", weight: prior, from: 0 }];
  const add = (name, level, weight, more) => {
    const { from, weight: last } = steps.at(-1);
    steps.push({ name, level, weight, from: from + last, ...more });
  };
  for (const bar of bars) {
    if (bar.level === WITHHELD) {
      add(nameOf(bar.comparison), "withheld: a sensitive record", 0, { withheld: true });
      continue;
    }
    const rare = bar.term_frequency;
    const note = Math.abs(rare) < 0.05 ? "" : rare > 0 ? "; a rare value" : "; a common value";
    add(
      nameOf(bar.comparison),
      bar.m === null ? `${bar.level}: no evidence` : `${bar.level}${note}`,
      bar.weight + rare,
    );
  }
  const withheld = isWithheld({ bars });
  if (household !== 0) {
    // How much is taken off depends on the address as well.
    const told = withheld ? { withheld } : {};
    add("Children born together", "taken off, since twins would explain this as well", withheld ? 0 : household, told);
  }
  if (withheld) steps.push({ name: "Together", level: bandInWords(total), weight: 0, from: 0, withheld, whole: true });
  else steps.push({ name: "Together", level: oddsInWords(total), weight: total, from: 0, whole: true });

  const ends = steps.flatMap(({ from, weight }) => [from, from + weight]);
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const at = (value) => ((value - low) / (high - low || 1)) * 200;
  return table(
    "How the weight comes about, in bits: each bit doubles the odds",
    [
      { head: "Compared", cell: ({ name, whole }) => (whole ? h("strong", {}, name) : name) },
      { head: "Found", cell: ({ level }) => level },
      {
        head: "Weight",
        numeric: true,
        cell: ({ weight, withheld }) => h("span", { class: "app-whole" }, withheld ? "withheld" : bits(weight)),
      },
      { head: "For or against", cell: (step) => (step.withheld ? "withheld" : barOf(step, at)) },
    ],
    steps,
  );
}

function barOf({ from, weight, whole }, at) {
  const [left, right] = [at(Math.min(from, from + weight)), at(Math.max(from, from + weight))];
  const kind = whole ? "whole" : weight < 0 ? "against" : "for";
  const word = weight === 0 ? "neither" : weight < 0 ? "against" : "for";
  return h(
    "span",
    { class: "app-bar" },
    svg(
      "svg",
      { viewBox: "0 0 200 16", "aria-hidden": "true", preserveAspectRatio: "none" },
      svg("line", { x1: at(0), x2: at(0), y1: 0, y2: 16, class: "app-bar__zero" }),
      svg("rect", { x: left, y: 2, width: Math.max(right - left, 1), height: 12, class: `app-bar__${kind}` }),
    ),
    h("span", { class: "nhsuk-u-visually-hidden" }, word),
  );
}

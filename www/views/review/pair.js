import { h } from "../../dom.js";
import { markDifferences } from "../../parts/differences.js";
import { table } from "../../parts/table.js";
import { bandInWords, bits, isWithheld, oddsInWords, waterfall } from "../../parts/waterfall.js";
import { FIELDS, dateInWords, inSentence } from "../../words.js";
import { guardsInWords } from "./guards.js";
import { othersOf } from "./pairs.js";

const WORDS = { sex: { 1: "1 (male)", 2: "2 (female)", 9: "9 (not specified)", 0: "0 (not known)" } };
const DATES = ["birth_date", "death_date", "mother_birth_date", "updated_at"];

/** One pair side by side, with why it is here and how its weight comes about. */
export function showPair(pair, { childlink, diffChars, members }) {
  const record = (side) => `${pair[`source_${side}`]} ${pair[`record_id_${side}`]}`;
  const heads = [record("l"), record("r")];
  if (pair.restricted) {
    return [
      h(
        "p",
        {},
        "Only the keys are shown: the two records are never set side by side here. Look each up in its own system.",
      ),
      table(
        "The two records",
        [
          { head: "Side", cell: ([name]) => name },
          { head: "Source", cell: ([, source]) => source },
          { head: "Record", cell: ([, , id]) => id },
        ],
        [
          ["A", pair.source_l, pair.record_id_l],
          ["B", pair.source_r, pair.record_id_r],
        ],
      ),
    ];
  }
  const rows = compareFields(pair, childlink);
  const silent = rows.filter(({ state }) => state === MISSING);
  return [
    h(
      "div",
      { class: "nhsuk-inset-text app-reasons" },
      h("h3", { class: "nhsuk-heading-s" }, "Why a person must decide"),
      h(
        "ul",
        { class: "nhsuk-list nhsuk-list--bullet" },
        guardsInWords(pair.guards).map((text) => h("li", {}, text)),
      ),
      h("p", {}, `The evidence alone comes to ${evidence(pair)}.`),
    ),
    h(
      "div",
      { class: "app-pair" },
      table(
        "The two records side by side",
        [
          { head: "Field", cell: ({ name }) => name },
          {
            head: h("span", { class: "app-word" }, "Comparison"),
            cell: ({ state }) =>
              h(
                "strong",
                { class: `nhsuk-tag nhsuk-tag--${state.tag}` },
                state.sign,
                h("span", { class: "app-word" }, ` ${state.word}`),
              ),
          },
          { head: `A: ${heads[0]}`, cell: ({ left }) => left },
          { head: `B: ${heads[1]}`, cell: ({ right }) => right },
        ],
        rows.filter(({ state }) => state !== MISSING).map((row) => withMarks(row, diffChars)),
        { hideCaption: true },
      ),
    ),
    silent.length > 0 &&
      h("p", { class: "app-quiet" }, `In neither record: ${silent.map(({ name }) => inSentence(name)).join(", ")}.`),
    others(members, pair),
    waterfall(pair.waterfall),
  ].filter(Boolean);
}

/** What the weight of a pair is, roughly where the number would tell what a sensitive child's address weighs. */
const evidence = ({ weight, waterfall: parts }) =>
  isWithheld(parts) ? bandInWords(weight) : `${bits(weight)} bits: ${oddsInWords(weight)}`;

const MISSING = { sign: "", word: "In neither", tag: "grey" };
const ONE = { sign: "–", word: "In one only", tag: "white" };
const UNUSABLE = { sign: "?", word: "One cannot be used", tag: "yellow" };
const WITHHELD = { sign: "–", word: "Withheld: a sensitive record", tag: "grey" };
const SAME = { sign: "=", word: "Same", tag: "green" };
const ALIKE = { sign: "≈", word: "Same, written differently", tag: "aqua-green" };
const DIFFERENT = { sign: "≠", word: "Different", tag: "red" };

function compareFields(pair, childlink) {
  const normalised = [pair.left, pair.right].map((side) => normalise(side, childlink));
  const fields = Object.keys(FIELDS).filter((field) => field in pair.left);
  const kept = Object.keys(pair.left).filter((field) => !(field in FIELDS));
  return [...fields, ...kept].map((field) => {
    const [left, right] = [pair.left[field], pair.right[field]];
    const [a, b] = normalised.map((record) => record[field]);
    return { field, name: FIELDS[field] ?? field, left, right, a, b, state: stateOf(left, right, a, b) };
  });
}

/** The comparison forms of a record; a field that childlink does not know, or cannot take, has none. */
function normalise(side, childlink) {
  const known = Object.fromEntries(Object.entries(side).filter(([field]) => field in FIELDS));
  try {
    return childlink.normaliseRecord(known).record;
  } catch {
    return {};
  }
}

function stateOf(left, right, a, b) {
  if (!left && !right) return MISSING;
  if (left === "(withheld)" || right === "(withheld)") return WITHHELD;
  if (!left || !right) return ONE;
  // null: what stands there is a placeholder or no such thing. Undefined: childlink has no form of this field.
  if (a === null || b === null) return UNUSABLE;
  if (left === right) return SAME;
  return a && a === b ? ALIKE : DIFFERENT;
}

function withMarks(row, diffChars) {
  const { field, left, right, a, b, state } = row;
  // Dates are compared as dates, so that only what differs is marked, not how it is written.
  if (state === DIFFERENT)
    return {
      ...row,
      ...(DATES.includes(field) && a && b ? markDifferences(diffChars, a, b) : markDifferences(diffChars, left, right)),
    };
  const plain = (text) =>
    WORDS[field]?.[text] ?? (DATES.includes(field) && /^\d{4}-/.test(text) ? dateInWords(text) : text);
  return { ...row, left: plain(left) || "–", right: plain(right) || "–" };
}

function others(members, pair) {
  const [left, right] = [
    othersOf(members, pair.source_l, pair.record_id_l),
    othersOf(members, pair.source_r, pair.record_id_r),
  ];
  if (left === null || right === null)
    return h(
      "p",
      { class: "app-quiet" },
      "Open children.csv of the run as well to see which other records each child has.",
    );
  const list = (records) =>
    records.length === 0 ? "none" : records.map(([source, id]) => `${source} ${id}`).join(", ");
  return h("p", {}, `Other records already linked to A: ${list(left)}. To B: ${list(right)}.`);
}

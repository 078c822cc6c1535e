// The pairs of a run, as its files give them.
import { FileProblem, rowsOf, textOf } from "../../parts/files.js";

const CHILDREN = ["source", "record_id", "child_id"];
const KEYS = ["source_l", "record_id_l", "source_r", "record_id_r"];

/** The key of a pair, as text. */
export const keyOf = (pair) => JSON.stringify(KEYS.map((key) => pair[key]));
const recordKey = (source, id) => JSON.stringify([source, id]);

/**
 * Reads the files of a run that were opened together: review, and if there are any restricted, children and summary.
 * They are told apart by what they hold, not by name.
 */
export async function readRun(files, Papa) {
  const run = { pairs: [], restricted: [], members: null, modelHash: "" };
  const children = [];
  let useful = 0;
  for (const file of files) {
    const text = await textOf(file);
    useful += readFile(run, children, file.name, text, Papa) ? 1 : 0;
  }
  if (run.pairs.length + run.restricted.length === 0) {
    const which = useful > 0 ? "the file of the pairs is not among them" : "none of them is a review file";
    throw new FileProblem(
      `There are no pairs to review: ${which}, or it is empty`,
      "choose review.csv from the folder that `childlink link` wrote",
    );
  }
  if (children.length > 0) run.members = membersOf([...run.pairs, ...run.restricted], children, Papa);
  return run;
}

/** The records of every child of which a record stands in a pair, by child, and the child of each. */
function membersOf(pairs, children, Papa) {
  const wanted = new Set(pairs.flatMap((pair) => ["l", "r"].map((end) => keyIn(pair, end))));
  const members = { childOf: new Map(), recordsOf: new Map() };
  for (const { name, text } of children) {
    eachRecord(text, name, Papa, (source, id, child) => {
      if (wanted.has(recordKey(source, id))) members.childOf.set(recordKey(source, id), child);
    });
  }
  const known = new Set(members.childOf.values());
  for (const { name, text } of children) {
    eachRecord(text, name, Papa, (source, id, child) => {
      if (!known.has(child)) return;
      if (!members.recordsOf.has(child)) members.recordsOf.set(child, []);
      members.recordsOf.get(child).push([source, id]);
    });
  }
  return members;
}

/** Calls `work` with each row of a file of children. Without any quotation mark a row is a line, which is far faster. */
function eachRecord(text, name, Papa, work) {
  const end = text.indexOf("\n");
  if (text.includes('"') || text.slice(0, end).trim() !== "source,record_id,child_id") {
    for (const { source, record_id: id, child_id: child } of rowsOf(Papa, text, name, CHILDREN))
      work(source, id, child);
    return;
  }
  for (let from = end + 1, to; from > 0 && from < text.length; from = to + 1) {
    to = text.indexOf("\n", from);
    if (to < 0) to = text.length;
    work(...text.slice(from, to).trimEnd().split(","));
  }
}

const keyIn = (pair, end) => recordKey(pair[`source_${end}`], pair[`record_id_${end}`]);

function readFile(run, children, name, text, Papa) {
  if (text.trimStart().startsWith("{")) {
    const found = hashIn(text);
    run.modelHash ||= found;
    return Boolean(found);
  }
  const header = text.slice(0, text.indexOf("\n") + 1 || undefined);
  if (header.includes("child_id")) {
    children.push({ name, text });
    return true;
  }
  if (header.includes("waterfall")) {
    const rows = rowsOf(Papa, text, name, [...KEYS, "match_weight", "guards", "waterfall"]);
    run.pairs.push(...rows.map((row, place) => pairOf(row, name, place)));
    return true;
  }
  run.restricted.push(
    ...rowsOf(Papa, text, name, KEYS).map((row) => ({ ...keysOf(row), key: keyOf(row), restricted: true })),
  );
  return true;
}

function hashIn(text) {
  try {
    return JSON.parse(text).linkage?.model?.sha256 ?? "";
  } catch {
    return "";
  }
}

const keysOf = (row) => Object.fromEntries(KEYS.map((key) => [key, row[key]]));

function pairOf(row, name, place) {
  const side = (end) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([key]) => key.endsWith(end) && !KEYS.includes(key))
        .map(([key, value]) => [key.slice(0, -2), value ?? ""]),
    );
  let waterfall;
  try {
    waterfall = JSON.parse(row.waterfall);
  } catch {
    throw new FileProblem(
      `“${name}”: pair ${place + 1} is damaged or cut off`,
      "take the file again from the folder of the run; do not save it from a spreadsheet",
    );
  }
  return {
    ...keysOf(row),
    key: keyOf(row),
    guards: row.guards.split("|").filter(Boolean),
    weight: Number(row.match_weight),
    left: side("_l"),
    right: side("_r"),
    waterfall,
  };
}

/** The other records of the child that a record belongs to now. */
export function othersOf(members, source, id) {
  const child = members?.childOf.get(recordKey(source, id));
  if (child === undefined) return null;
  return members.recordsOf.get(child).filter(([otherSource, otherId]) => otherSource !== source || otherId !== id);
}

/** SHA-256 of what the reader saw of a pair, so that a later run can tell whether the evidence has changed. */
export async function evidenceHash(pair) {
  if (!globalThis.crypto?.subtle || pair.restricted) return "";
  const seen = JSON.stringify([KEYS.map((key) => pair[key]), pair.left, pair.right, pair.waterfall]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(seen)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

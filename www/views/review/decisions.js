// What was decided, kept in this browser: keys and decisions, nothing else of a record.
import { FileProblem, rowsOf } from "../../parts/files.js";
import { keyOf } from "./pairs.js";

const COLUMNS = [
  "source_l",
  "record_id_l",
  "source_r",
  "record_id_r",
  "decision",
  "reader",
  "decided_at",
  "reason",
  "model_hash",
  "evidence_hash",
];
const NEEDED = COLUMNS.slice(0, 7);
const WORDS = ["same", "different", "unsure"];

const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open() {
  const request = indexedDB.open("childlink", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("decisions");
  return asPromise(request);
}

/** Opens the decisions kept in this browser. Each stands under its pair and reader; the latest counts. */
export async function openDecisions() {
  const database = await open();
  /** Resolves once the change is on the disk: a tab that is closed after that loses nothing. */
  const change = (work) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction("decisions", "readwrite", { durability: "strict" });
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
      work(transaction.objectStore("decisions"));
    });
  const byPair = new Map();
  const keep = (decision) => {
    const key = keyOf(decision);
    if (!byPair.has(key)) byPair.set(key, new Map());
    byPair.get(key).set(decision.reader, decision);
  };
  (await asPromise(database.transaction("decisions").objectStore("decisions").getAll())).forEach(keep);

  return {
    all: () => [...byPair.values()].flatMap((readers) => [...readers.values()]),
    of: (pair) => [...(byPair.get(pair.key)?.values() ?? [])],
    by: (pair, reader) => byPair.get(pair.key)?.get(reader),

    async put(decision) {
      await change((store) => store.put(decision, placeOf(decision)));
      keep(decision);
    },
    async remove(decision) {
      await change((store) => store.delete(placeOf(decision)));
      byPair.get(keyOf(decision))?.delete(decision.reader);
    },
    async erase() {
      await change((store) => store.clear());
      byPair.clear();
    },
  };
}

const placeOf = (decision) => JSON.stringify([keyOf(decision), decision.reader]);

/** The decisions as the list that `childlink link --decisions` reads. */
export function toList(Papa, decisions) {
  const sorted = [...decisions].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return `${Papa.unparse({ fields: COLUMNS, data: sorted.map((one) => COLUMNS.map((column) => one[column] ?? "")) }, { newline: "\n" })}\n`;
}

/** Reads such a list. */
export function fromList(Papa, text, name) {
  return rowsOf(Papa, text, name, NEEDED).map((row, place) => {
    if (!WORDS.includes(row.decision)) {
      throw new FileProblem(
        `“${name}”: the decision in row ${place + 1} is none of same, different and unsure`,
        "correct the row, or export the list again",
      );
    }
    return Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? ""]));
  });
}

/** What all readers of a pair say together: one word, `disagree`, or null while nobody has decided. */
export function jointOf(decisions) {
  const words = new Set(decisions.map(({ decision }) => decision));
  if (words.size === 0) return null;
  return words.size === 1 ? [...words][0] : "disagree";
}

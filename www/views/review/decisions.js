// What was decided, kept in this browser: keys and decisions, nothing else of a record.
import { FileProblem, rowsOf } from "../../parts/files.js";
import { isBefore, momentOf } from "./moment.js";
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
/** The safer one last: of two decisions of one moment it counts. */
const WORDS = ["same", "different", "unsure"];
/** What a list of the restricted queue says of itself, whatever its name. childlink itself passes the column by. */
const QUEUE = "queue";
const RESTRICTED = "restricted";

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
    /** Takes a list beside what is kept, at once or not at all: of each pair and reader the latest counts. */
    async bring(list) {
      const taken = new Map();
      for (const one of list) {
        const place = placeOf(one);
        const had = taken.get(place) ?? byPair.get(keyOf(one))?.get(one.reader);
        taken.set(place, joined(one, had));
      }
      await change((store) => taken.forEach((decision, place) => store.put(decision, place)));
      taken.forEach(keep);
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

/** What counts of two decisions of one reader on a pair. What was decided in the restricted queue stays restricted. */
function joined(one, had) {
  const restricted = (one.restricted || had?.restricted) && { restricted: true };
  return { ...(had && !isLater(one, had) ? had : one), ...restricted };
}

function isLater(one, other) {
  const [a, b] = [one, other].map(({ decided_at: text }) => momentOf(text ?? "") ?? momentOf(""));
  if (isBefore(a, b)) return false;
  return isBefore(b, a) || WORDS.indexOf(one.decision) >= WORDS.indexOf(other.decision);
}

/** The decisions as the list that `childlink link --decisions` reads. That of the restricted queue says that it is. */
export function toList(Papa, decisions, { restricted = false } = {}) {
  const sorted = [...decisions].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const fields = restricted ? [...COLUMNS, QUEUE] : COLUMNS;
  const data = sorted.map((one) => [...COLUMNS.map((column) => one[column] ?? ""), ...(restricted ? [RESTRICTED] : [])]);
  return `${Papa.unparse({ fields, data }, { newline: "\n" })}\n`;
}

/** Reads such a list. It is of the restricted queue if it says so, or if it is called so as it was in earlier versions. */
export function fromList(Papa, text, name) {
  const isNamed = /restricted/i.test(name);
  return rowsOf(Papa, text, name, NEEDED).map((row, place) => {
    if (!WORDS.includes(row.decision)) {
      throw new FileProblem(
        `“${name}”: the decision in row ${place + 1} is none of same, different and unsure`,
        "correct the row, or export the list again",
      );
    }
    if (momentOf(row.decided_at) === null) {
      throw new FileProblem(
        `“${name}”: decided_at in row ${place + 1} is no date or time of ISO 8601`,
        "write it as 2026-11-21 or 2026-11-21T09:30:00Z; a spreadsheet may have changed it",
      );
    }
    return {
      ...Object.fromEntries(COLUMNS.map((column) => [column, row[column] ?? ""])),
      ...((isNamed || row[QUEUE] === RESTRICTED) && { restricted: true }),
    };
  });
}

/** What all readers of a pair say together: one word, `disagree`, or null while nobody has decided. */
export function jointOf(decisions) {
  const words = new Set(decisions.map(({ decision }) => decision));
  if (words.size === 0) return null;
  return words.size === 1 ? [...words][0] : "disagree";
}

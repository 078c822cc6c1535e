// Works out a due list from files apart from the page, some thousand children at a time, and keeps of each answer only
// what is due or overdue.
import { init, parseBirthDate, scheduleBatch } from "../../childlink/full/browser.js";
import { answerWith } from "../../parts/answering.js";
import { textOf } from "../../parts/files.js";
import { Papa } from "../../vendor/text.js";
import { childrenFrom } from "./cohort.js";

const WASM = new URL("../../childlink/full/childlink.wasm", import.meta.url);
const OPEN = ["overdue", "due"];
const AT_A_TIME = 2000;
const SHOWN = 200;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const CALLS = {
  async list({ files, asAt, nation, readAsAt, spellings }) {
    await init(WASM);
    const texts = [];
    for (const file of files) texts.push({ name: file.name, text: await textOf(file) });
    const dateOf = (text) => parseBirthDate(text ?? "", { asAt: readAsAt }).value?.display ?? null;
    const isJson = texts.every(({ text }) => text.trimStart().startsWith("{"));
    const { lines, kinds, strangers } = isJson
      ? {
          lines: texts.flatMap(({ text }) => text.split("\n").filter((line) => line.trim())),
          kinds: new Set(["screens", "reviews"]),
          strangers: 0,
        }
      : childrenFrom(Papa, texts, { spellings, nation, dateOf });
    const rows = [];
    const counts = { children: 0, unreadable: 0 };
    for (let from = 0; from < lines.length; from += AT_A_TIME) {
      postMessage({ progress: { done: from, total: lines.length } });
      const scheduled = scheduleBatch(encoder.encode(lines.slice(from, from + AT_A_TIME).join("\n")), { asAt });
      counts.children += scheduled.children;
      counts.unreadable += scheduled.unreadable;
      for (const line of decoder.decode(scheduled.lines).split("\n"))
        if (line) rows.push(...dueOf(JSON.parse(line), kinds));
    }
    rows.sort((a, b) => OPEN.indexOf(a.status) - OPEN.indexOf(b.status) || (a.due ?? "").localeCompare(b.due ?? ""));
    const columns = ["id", "item", "dose", "status", "due", "latest"];
    const csv = Papa.unparse(
      { fields: columns, data: rows.map((row) => columns.map((column) => row[column])) },
      { newline: "\n" },
    );
    return {
      ...counts,
      strangers,
      many: rows.length,
      rows: rows.slice(0, SHOWN),
      csv: new Blob([`${csv}\n`], { type: "text/csv" }),
    };
  },
};

/** What is due or overdue to a child. Screens and reviews count only where files say what was done. */
function dueOf({ id, forecast = [], screens = [], reviews = [] }, kinds) {
  const kept = (of, entry, item) => ({
    id,
    of,
    item,
    kind: entry.kind ?? entry.series,
    condition: entry.condition ?? null,
    dose: entry.dose ?? null,
    status: entry.status,
    due: entry.due,
    latest: entry.latest ?? null,
  });
  const open = (entries) => entries.filter(({ status }) => OPEN.includes(status));
  return [
    ...open(forecast).map((entry) => kept("series", entry, entry.series)),
    ...(kinds.has("screens") ? open(screens) : []).map((entry) =>
      kept("screen", entry, [entry.kind, entry.condition].filter(Boolean).join(" ")),
    ),
    ...(kinds.has("reviews") ? open(reviews) : []).map((entry) => kept("review", entry, entry.kind)),
  ];
}

answerWith(CALLS);

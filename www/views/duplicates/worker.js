// Holds one file of records, found by birth date and by NHS number, and compares a record with those that share either.
import { comparePair, init, parseBirthDate, validateRecord } from "../../childlink/full/browser.js";
import { answerWith } from "../../parts/answering.js";
import { Papa } from "../../vendor/text.js";
import { readHead, recognise, TOLD } from "../link/columns.js";

const WASM = new URL("../../childlink/full/childlink.wasm", import.meta.url);
/** More records than this of one birth date are not compared one by one. */
const MOST_CANDIDATES = 5000;
const SHOWN = 10;
const DECISIONS = ["link", "review", "restricted"];

let held = null;

const digitsOf = (text) => (text ?? "").replace(/\D/g, "");

const CALLS = {
  async load({ file, spellings }) {
    await init(WASM);
    const head = await readHead(Papa, file);
    const columns = recognise(head.header, spellings);
    const place = (column) => columns.indexOf(column);
    if (place("birth_date") < 0)
      throw Object.assign(new Error(`“${file.name}” has no column for the date of birth`), {
        hint: "name it birth_date",
      });
    const rows = [];
    const byDate = new Map();
    const byNumber = new Map();
    const note = (map, key) => key && (map.has(key) ? map.get(key).push(rows.length) : map.set(key, [rows.length]));
    const text = new TextDecoder(head.encoding).decode(await file.arrayBuffer()).replace(TOLD, "");
    let header = true;
    Papa.parse(text, {
      delimiter: head.delimiter,
      skipEmptyLines: true,
      step: ({ data }) => {
        if (header) return (header = false);
        note(byDate, parseBirthDate(data[place("birth_date")] ?? "").value?.display);
        note(byNumber, digitsOf(data[place("nhs_number")]));
        rows.push(data);
        return undefined;
      },
    });
    held = { columns, rows, byDate, byNumber, source: file.name.replace(/\.[^.]*$/, "") };
    return { records: rows.length };
  },

  find({ record }) {
    const day = parseBirthDate(record.birth_date).value?.display;
    const places = new Set([
      ...(held.byDate.get(day) ?? []),
      ...(held.byNumber.get(digitsOf(record.nhs_number)) ?? []),
    ]);
    const found = [...places].slice(0, MOST_CANDIDATES).flatMap((place) => compared(record, held.rows[place]));
    found.sort((a, b) => b.weight - a.weight);
    return {
      found: found.slice(0, SHOWN),
      more: Math.max(0, found.length - SHOWN),
      skipped: Math.max(0, places.size - MOST_CANDIDATES),
    };
  },
};

/** A likely duplicate as the page may show it, or nothing. A sensitive or restricted one is only said to be there. */
function compared(record, row) {
  const other = Object.fromEntries(
    held.columns.flatMap((column, place) => (column && row[place] ? [[column, row[place]]] : [])),
  );
  const { decision, match_weight: weight, guards } = comparePair(record, other);
  if (!DECISIONS.includes(decision)) return [];
  if (decision === "restricted" || validateRecord(other).sensitive) return [{ restricted: true, weight }];
  const { source = held.source, record_id: id, given_name: given, family_name: family, birth_date: birth } = other;
  const born = parseBirthDate(birth ?? "").value?.display ?? "";
  return [{ decision, weight, guards, source, id, name: [given, family].filter(Boolean).join(" "), born }];
}

answerWith(CALLS);

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
/** The columns that tell where a child lives. */
const WHEREABOUTS = [
  "address_1",
  "address_2",
  "address_3",
  "address_4",
  "address_5",
  "postcode",
  "previous_postcode",
  "uprn",
  "gp_practice",
];

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
    held = { columns, rows, byDate, byNumber, sensitive: [], source: file.name.replace(/\.[^.]*$/, "") };
    return { records: rows.length };
  },

  find({ record }) {
    const day = parseBirthDate(record.birth_date).value?.display;
    const places = candidates(day, digitsOf(record.nhs_number));
    const looked = places.slice(0, MOST_CANDIDATES);
    const found = likely(record, looked);
    found.sort((a, b) => b.weight - a.weight);
    return {
      found: found.slice(0, SHOWN).map(({ restricted, ...one }) => (restricted ? { restricted } : one)),
      more: Math.max(0, found.length - SHOWN),
      skipped: places.length - looked.length,
    };
  },
};

/** The places of the rows of a birth date or an NHS number. */
const candidates = (day, number) => [
  ...new Set([...(held.byDate.get(day) ?? []), ...(held.byNumber.get(number) ?? [])]),
];

/** The canonical columns of a row. */
const recordAt = (place) =>
  Object.fromEntries(held.columns.flatMap((column, at) => (column && held.rows[place][at] ? [[column, held.rows[place][at]]] : [])));

const withoutWhereabouts = (record) =>
  Object.fromEntries(Object.entries(record).filter(([column]) => !WHEREABOUTS.includes(column)));

const isLikely = ({ decision }) => DECISIONS.includes(decision);

/**
 * The likely duplicates among these rows, as the page may show them.
 *
 * That a child is sensitive is told by any of its records, and holds for all of them. So neither what is shown nor what it
 * weighs may tell whether an address that was typed is that of such a child, by whichever record: where a sensitive record
 * looks like the one typed, no row is compared by address and practice; and never a row that looks like a sensitive record
 * of the file. Either is decided without the address that was typed.
 */
function likely(record, places) {
  const unplaced = withoutWhereabouts(record);
  const sensitive = places.filter(isSensitive);
  const isAsked = sensitive.some((place) => isLikely(comparePair(unplaced, withoutWhereabouts(recordAt(place)))));
  return places.flatMap((place) => {
    const row = recordAt(place);
    const without = () => comparePair(unplaced, withoutWhereabouts(row));
    if (isSensitive(place)) return shown(row, without()).map(({ weight }) => ({ restricted: true, weight }));
    if (isAsked) return shown(row, without(), { withheld: true });
    const pair = comparePair(record, row);
    // A row that is likely in neither way is never shown; of the others it is found out whose they are.
    if (!isLikely(pair) && !isLikely(without())) return [];
    return ofSensitiveChild(place) ? shown(row, without(), { withheld: true }) : shown(row, pair);
  });
}

/** Whether a row is marked as sensitive, by its flag or its address. Rows are asked once each. */
function isSensitive(place) {
  held.sensitive[place] ??= Number(validateRecord(recordAt(place)).sensitive);
  return held.sensitive[place] === 1;
}

/** Whether a row looks like a sensitive record of the file, by all that the two hold. */
function ofSensitiveChild(place) {
  const row = recordAt(place);
  const alike = candidates(parseBirthDate(row.birth_date ?? "").value?.display, digitsOf(row.nhs_number));
  return alike.some((other) => isSensitive(other) && isLikely(comparePair(row, recordAt(other))));
}

/** A likely duplicate as the page may show it, or nothing. */
function shown(row, { decision, match_weight: weight, guards }, { withheld = false } = {}) {
  if (!DECISIONS.includes(decision)) return [];
  if (decision === "restricted") return [{ restricted: true, weight }];
  const { source = held.source, record_id: id, given_name: given, family_name: family, birth_date: birth } = row;
  const born = parseBirthDate(birth ?? "").value?.display ?? "";
  return [{ decision, weight, guards, source, id, name: [given, family].filter(Boolean).join(" "), born, withheld }];
}

answerWith(CALLS);

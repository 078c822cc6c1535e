// The columns of a file before it is read: what childlink will most likely take each for, and another choice by hand.
import { h } from "../../dom.js";
import { FileProblem } from "../../parts/files.js";
import { select } from "../../parts/form.js";
import { table } from "../../parts/table.js";
import { FIELDS, inSentence, number } from "../../words.js";

const HEAD_BYTES = 65_536;
/** More than any export has; the page shows a choice for each. */
const MOST_COLUMNS = 1000;
const UNUSED = "";
const CHOICES = [
  [UNUSED, "Not used"],
  ["source", "Source system"],
  ["record_id", "Record id"],
  ...Object.entries(FIELDS),
];

/** A first line that names the delimiter: spreadsheets obey it, and so does childlink. */
export const TOLD = /^"?sep=([,|;\t])"?\r?\n/i;

/** How a file writes its text, told by its first bytes: its encoding, its delimiter, and its first rows. */
export async function readHead(Papa, file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const encoding = encodingOf(bytes, file.size > HEAD_BYTES);
  const text = new TextDecoder(encoding).decode(bytes);
  const told = TOLD.exec(text);
  const { data, meta } = Papa.parse(text.slice(told?.[0].length ?? 0), {
    preview: 4,
    delimiter: told?.[1] ?? "",
    delimitersToGuess: [",", "|", ";", "\t"],
    skipEmptyLines: true,
  });
  const [header = [], ...rows] = data;
  if (header.length < 2) {
    throw new FileProblem(
      `“${file.name}” has only one column`,
      "its columns must be parted by commas, semicolons, bars or tabs; save it again as CSV",
    );
  }
  if (header.length > MOST_COLUMNS) {
    throw new FileProblem(
      `“${file.name}” has ${number(header.length)} columns`,
      `a file of records has fewer than ${number(MOST_COLUMNS)}: choose another, or save it with the columns that are needed`,
    );
  }
  return {
    encoding,
    delimiter: meta.delimiter,
    header: header.map((name) => name.trim()),
    rows,
    isTold: Boolean(told),
    headerBytes: headerEnd(bytes, encoding, told ? 2 : 1),
  };
}

function encodingOf(bytes, cut) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** How many bytes so many lines take, the last of them the header: up to their line break outside quotes. */
function headerEnd(bytes, encoding, lines) {
  const [unit, low] = encoding === "utf-16le" ? [2, 0] : encoding === "utf-16be" ? [2, 1] : [1, 0];
  let quoted = false;
  for (let place = low; place < bytes.length; place += unit) {
    if (bytes[place] === 0x22) quoted = !quoted;
    else if (bytes[place] === 0x0a && !quoted && --lines === 0) return place - low + unit;
  }
  return bytes.length;
}

/** Which canonical column each column of a header most likely is, by the spelling lists; each at most once. */
export function recognise(header, spellings) {
  const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const placeOf = new Map();
  for (const [column, names] of Object.entries(spellings)) {
    const found = [column, ...names]
      .map((name) => header.findIndex((one) => plain(one) === plain(name)))
      .find((place) => place >= 0);
    if (found !== undefined && ![...placeOf.values()].includes(found)) placeOf.set(column, found);
  }
  return header.map((_, place) => [...placeOf].find(([, at]) => at === place)?.[0] ?? UNUSED);
}

/** A table in which each column of a file can be taken for another one. `onchange` gets the new list. */
export function columnChoice(id, { header, rows }, columns, onchange) {
  const entries = header.map((name, place) => ({
    name,
    place,
    sample: rows
      .map((row) => row[place])
      .filter(Boolean)
      .slice(0, 2)
      .join("; "),
  }));
  return table(
    `Columns of ${id.name}`,
    [
      { head: "In the file", cell: ({ name }) => name || "(no name)" },
      { head: "For example", cell: ({ sample }) => sample.slice(0, 60) },
      {
        head: "Taken for",
        cell: ({ name, place }) => {
          const control = select(CHOICES, {
            id: `${id.prefix}-column-${place}`,
            "aria-label": `Column ${name} is taken for`,
          });
          control.value = columns[place];
          control.addEventListener("change", () => onchange(columns.with(place, control.value)));
          return control;
        },
      },
    ],
    entries,
    { hideCaption: true },
  );
}

/** What is wrong with a choice of columns, in words. */
export function problemsOf(columns) {
  const has = (column) => columns.includes(column);
  const twice = columns.find((column, place) => column !== UNUSED && columns.indexOf(column) !== place);
  return [
    !has("record_id") && "no column is taken for the record id",
    !has("birth_date") && "no column is taken for the date of birth",
    !has("family_name") && !has("nhs_number") && "no column is taken for the family name or the NHS number",
    twice && `two columns are taken for ${inSentence(CHOICES.find(([value]) => value === twice)[1])}`,
  ].filter(Boolean);
}

/** The names of a header that says what was chosen; a column that is not used gets one that nobody knows. */
export const namesFor = (columns) => columns.map((column, place) => column || `not_used_${place + 1}`);

/** The file under a header that says what was chosen. The rows stay as they are. */
export function withHeader(file, { encoding, delimiter, isTold, headerBytes }, columns) {
  const header = `${isTold ? `sep=${delimiter}\n` : ""}${namesFor(columns).join(delimiter)}\n`;
  return new Blob([encoded(header, encoding), file.slice(headerBytes)]);
}

function encoded(text, encoding) {
  if (!encoding.startsWith("utf-16")) return new TextEncoder().encode(text);
  const view = new DataView(new ArrayBuffer(2 * text.length + 2));
  [..."\uFEFF", ...text].forEach((letter, place) =>
    view.setUint16(2 * place, letter.charCodeAt(0), encoding === "utf-16le"),
  );
  return view.buffer;
}

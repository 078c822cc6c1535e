import { h } from "../dom.js";

/** A file that cannot be used: what was found, and what to do. */
export class FileProblem extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

const MOST_BYTES = 1_500_000_000;
const PARQUET = [0x50, 0x41, 0x52, 0x31];
const SIGNS = [
  [[0x25, 0x50, 0x44, 0x46], "is a PDF", "ask for the data as CSV: a PDF is a picture of it"],
  [
    [0x50, 0x4b, 0x03, 0x04],
    "is a workbook or a zip file",
    "open it and save the sheet as CSV UTF-8, with NHS numbers and dates as text",
  ],
  [
    [0xd0, 0xcf, 0x11, 0xe0],
    "is an old workbook or document",
    "open it and save the sheet as CSV UTF-8, with NHS numbers and dates as text",
  ],
  [[0x1f, 0x8b], "is compressed", "unpack it first"],
  [[0x89, 0x50, 0x4e, 0x47], "is a picture", "choose a file of delimited text"],
  [[0xff, 0xd8, 0xff], "is a picture", "choose a file of delimited text"],
  [PARQUET, "is a Parquet file", "choose delimited text here; the Link page reads Parquet"],
];

/** Looks at the size and the first bytes of a file: a `FileProblem` says why it cannot be a file of text, or of Parquet. */
export async function lookAt(file, { parquet = false } = {}) {
  const name = `“${file.name}”`;
  if (file.size === 0)
    throw new FileProblem(`${name} is empty`, "choose the file again, or ask for it once more: it has 0 bytes");
  if (file.size > MOST_BYTES) {
    throw new FileProblem(
      `${name} has ${(file.size / 1e9).toFixed(1)} GB, more than a page can hold`,
      "use the command line for it, or part it",
    );
  }
  const start = new Uint8Array(await file.slice(0, 4096).arrayBuffer());
  const begins = (bytes) => bytes.every((byte, place) => start[place] === byte);
  if (parquet && begins(PARQUET)) return;
  const sign = SIGNS.find(([bytes]) => begins(bytes));
  if (sign) throw new FileProblem(`${name} ${sign[1]}`, sign[2]);
  const wide = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  if (!wide && start.includes(0))
    throw new FileProblem(`${name} is not text`, "choose a file of delimited text, such as CSV");
}

/** The bytes of a file of text. */
async function bytesOf(file) {
  await lookAt(file);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new FileProblem(
      `“${file.name}” could not be read`,
      `close other programs that use it and try again (${cause.name})`,
    );
  }
}

/** The text of a file in UTF-8, UTF-16 with its mark, or else Windows-1252. */
export async function textOf(file) {
  const bytes = await bytesOf(file);
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(mark, { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Rows of delimited text as objects by header; the header must have the needed columns. */
export function rowsOf(Papa, text, name, needed) {
  const { data, meta } = Papa.parse(text.replace(/^\uFEFF/, ""), {
    header: true,
    skipEmptyLines: true,
    delimitersToGuess: [",", "|", ";", "\t"],
  });
  const columns = meta.fields ?? [];
  const missing = needed.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    const found = columns
      .slice(0, 12)
      .map((column) => column.slice(0, 40))
      .join(", ");
    throw new FileProblem(
      `“${name}” has no column ${missing.join(", ")}`,
      `its first line must name them; it has: ${found || "nothing"}`,
    );
  }
  return data;
}

/** A place to drop files, or to choose them. `onfiles` gets a list of `File`. */
export function dropZone({ id, label, hint, multiple = false, onfiles }) {
  const control = h("input", {
    type: "file",
    id,
    class: "nhsuk-file-upload app-file",
    multiple,
    "aria-describedby": `${id}-hint`,
    onchange: () => control.files.length > 0 && take([...control.files]),
  });
  const take = (files) => {
    onfiles(files);
    control.value = "";
  };
  const zone = h(
    "div",
    {
      class: "app-drop",
      ondragover: (event) => (event.preventDefault(), zone.classList.add("app-drop--over")),
      ondragleave: () => zone.classList.remove("app-drop--over"),
      ondrop: (event) => {
        event.preventDefault();
        zone.classList.remove("app-drop--over");
        if (event.dataTransfer.files.length > 0) take([...event.dataTransfer.files]);
      },
    },
    h("label", { class: "nhsuk-label nhsuk-label--m", for: id }, label),
    h("div", { class: "nhsuk-hint", id: `${id}-hint` }, hint),
    control,
  );
  return zone;
}

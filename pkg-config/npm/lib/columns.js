import { bytes, dataObject, text } from "./argument.js";
import { ChildlinkError } from "./error.js";

/** Columns by name, each as bytes and offsets, or a `ChildlinkError`. */
export function columnsOf(columns) {
  const names = Object.keys(dataObject(columns, "columns"));
  const buffers = names.map((name) => bufferOf(columns[name], name));
  return { names, bytes: buffers.map((buffer) => buffer.bytes), offsets: buffers.map((buffer) => buffer.offsets) };
}

function bufferOf(column, name) {
  if (Array.isArray(column)) return packedTexts(column, name);
  const offsets = column?.offsets;
  if (!(offsets instanceof Uint32Array)) {
    throw new ChildlinkError(
      "argument/not-column",
      `the column ${name} must be an array of text or { bytes, offsets }, with offsets in a Uint32Array`,
      "give where each value begins and where the last one ends",
      name,
    );
  }
  return { bytes: bytes(column.bytes, name), offsets };
}

const encoder = new TextEncoder();
/** How many UTF-16 units of text are joined to be encoded at once: no engine's texts are much longer than twice this. */
const LONGEST_JOINED = 1 << 28;

/** Texts one after another; null and undefined are missing. */
function packedTexts(values, name) {
  const texts = Array.from(values, (value) => (value === null || value === undefined ? "" : text(value, name)));
  const offsets = new Uint32Array(texts.length + 1);
  const units = texts.reduce((length, value) => length + value.length, 0);
  if (units > 0xffff_ffff) throw tooLong(name);
  const whole = units <= LONGEST_JOINED ? encoder.encode(texts.join("")) : undefined;
  if (whole?.length === units) {
    texts.forEach((value, place) => (offsets[place + 1] = offsets[place] + value.length));
    return { bytes: whole, offsets };
  }
  // Letters of more than one byte: each text by itself, since half a pair at an edge must not join the next text.
  const parts = texts.map((value) => encoder.encode(value));
  if (parts.reduce((length, part) => length + part.length, 0) > 0xffff_ffff) throw tooLong(name);
  parts.forEach((part, place) => (offsets[place + 1] = offsets[place] + part.length));
  const joined = new Uint8Array(offsets[texts.length]);
  parts.forEach((part, place) => joined.set(part, offsets[place]));
  return { bytes: joined, offsets };
}

const tooLong = (name) => {
  const hint = "pass fewer rows at a time, and name their source";
  return new ChildlinkError("argument/too-long", `the column ${name} has more than 4 GiB of text`, hint, name);
};

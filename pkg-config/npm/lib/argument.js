import { ChildlinkError } from "./error.js";

/** The longest text of one field, in UTF-16 units. Longer is a mistake, and would only cost memory. */
export const LONGEST_TEXT = 100_000;

/** What a value is, in words: `typeof` tells too little of null, arrays and NaN. */
export function kindOf(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (Number.isNaN(value)) return "NaN";
  return value === undefined ? "undefined" : `a ${typeof value}`.replace("a object", "an object");
}

/** Text of a reasonable length, or a `ChildlinkError` that names the argument. */
export function text(value, name) {
  if (typeof value !== "string") {
    throw new ChildlinkError(
      "argument/not-text",
      `${name} must be text, not ${kindOf(value)}`,
      "pass a string; a number would lose leading zeros and precision",
      name,
    );
  }
  if (value.length > LONGEST_TEXT) {
    throw new ChildlinkError(
      "argument/too-long",
      `${name} has ${value.length} characters, more than ${LONGEST_TEXT}`,
      "pass one field of one record",
      name,
    );
  }
  return value;
}

/** One of the values allowed, or a `ChildlinkError` that lists them. */
export function oneOf(value, allowed, name) {
  if (!allowed.includes(value)) {
    const list = allowed.map((one) => `"${one}"`).join(", ");
    throw new ChildlinkError("argument/not-allowed", `${name} is none of ${list}`, `pass one of ${list}`, name);
  }
  return value;
}

/** An object of options with no key but those known, or a `ChildlinkError` that names the stranger. */
export function optionsOf(options, known) {
  if (options === undefined) return {};
  if (options === null || typeof options !== "object") {
    throw new ChildlinkError(
      "argument/not-options",
      `options must be an object, not ${kindOf(options)}`,
      `pass an object with any of ${known.join(", ")}, or nothing`,
      "options",
    );
  }
  for (const key of Object.keys(options)) oneOf(key, known, "each option");
  return options;
}

/** Bytes in a buffer that is still there, or a `ChildlinkError`. */
export function bytes(value, name) {
  if (!(value instanceof Uint8Array)) {
    throw new ChildlinkError(
      "argument/not-bytes",
      `${name} must be a Uint8Array, not ${kindOf(value)}`,
      "encode text with new TextEncoder().encode(text)",
      name,
    );
  }
  try {
    new Uint8Array(value.buffer, 0, 0);
  } catch {
    throw new ChildlinkError(
      "argument/detached",
      `${name} has been transferred away and holds nothing any more`,
      "pass the bytes before you transfer their buffer, or a copy",
      name,
    );
  }
  return value;
}

/** Bytes of ten figures for each number, without separators. */
export function packedTens(value, name) {
  const { length } = bytes(value, name);
  if (length % 10 !== 0) {
    throw new ChildlinkError(
      "argument/packed-length",
      `${name} has ${length} bytes, no multiple of ten`,
      "write each number as ten figures, one after the other without separators",
      name,
    );
  }
  return value;
}

/** An object that is data (no array, no null), or a `ChildlinkError`. */
export function dataObject(value, name) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new ChildlinkError(
      "argument/not-object",
      `${name} must be an object, not ${kindOf(value)}`,
      "pass plain data with the keys of its type",
      name,
    );
  }
  return value;
}

/** The JSON of plain data, or a `ChildlinkError`. */
export function json(value, name) {
  const data = dataObject(value, name);
  // Why not is for the cause alone: it may be said in the caller's own words, about the record.
  const notData = (cause) =>
    new ChildlinkError("argument/not-data", `${name} cannot be written as JSON`, "pass plain data without cycles or big integers", name, cause);
  let written;
  try {
    written = JSON.stringify(data);
  } catch (cause) {
    throw notData({ cause });
  }
  // An object can say of itself, by `toJSON`, that it is nothing.
  if (written === undefined) throw notData();
  return written;
}

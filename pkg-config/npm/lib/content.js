import { bytes } from "./argument.js";
import { ChildlinkError } from "./error.js";

/** What to throw for something thrown by what the caller gave to be read: a stream, a generator, a file. */
export const cannotRead = (cause, name) =>
  cause instanceof ChildlinkError
    ? cause
    : new ChildlinkError("input/cannot-read", `${name} could not be read to its end`, "see the cause, and pass it again", name, { cause });

/**
 * What a file holds, to be read a part at a time as often as needed: `{ size, read(offset, length) }`. A stream is
 * taken up first, since its encoding may only show at its end; a Blob in a worker is never held as a whole.
 * `advance` is told how many bytes of a stream have come.
 */
export async function contentOf(value, name, advance) {
  if (typeof Blob === "function" && value instanceof Blob) {
    if (typeof FileReaderSync === "function") {
      const read = (offset, length) =>
        new Uint8Array(new FileReaderSync().readAsArrayBuffer(value.slice(offset, offset + length)));
      return { size: value.size, read };
    }
    return ofParts(await partsOf(value.stream(), name, advance), name);
  }
  if (Array.isArray(value)) return ofParts(value, name);
  return isStream(value) ? ofParts(await partsOf(value, name, advance), name) : ofParts([value], name);
}

/** The bytes of the same in turn; of a stream nothing is kept. */
export async function* partsInTurn(value, name) {
  if (typeof Blob === "function" && value instanceof Blob) value = value.stream();
  const parts = isStream(value) || Array.isArray(value) ? value : [value];
  for await (const part of eachOf(parts, name)) yield bytes(part, name);
}

/** What comes of an iterable or a stream in turn. What it throws is told as `input/cannot-read`. */
export async function* eachOf(parts, name) {
  try {
    // Not every browser iterates over a ReadableStream by itself.
    yield* parts[Symbol.asyncIterator] || parts[Symbol.iterator] ? parts : piecesOf(parts.getReader());
  } catch (cause) {
    throw cannotRead(cause, name);
  }
}

const isStream = (value) => typeof value?.getReader === "function" || typeof value?.[Symbol.asyncIterator] === "function";

async function partsOf(stream, name, advance) {
  const parts = [];
  let size = 0;
  for await (const part of eachOf(stream, name)) {
    parts.push(bytes(part, name));
    size += part.length;
    advance(size);
  }
  return parts;
}

async function* piecesOf(reader) {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the stream if we stop early; harmless at its end, and of no account after a failure.
    await reader.cancel().catch(() => {});
  }
}

function ofParts(parts, name) {
  const starts = [];
  let size = 0;
  for (const part of parts) {
    starts.push(size);
    size += bytes(part, name).length;
  }
  let at = 0;
  const read = (offset, length) => {
    // Reading goes forwards, but begins anew once or twice.
    if (offset < (starts[at] ?? 0)) at = 0;
    while (at + 1 < parts.length && starts[at + 1] <= offset) at += 1;
    const from = offset - starts[at];
    return bytes(parts[at], name).subarray(from, from + length);
  };
  return { size, read };
}

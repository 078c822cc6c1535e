import { bytes } from "./argument.js";

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
  if (typeof value?.getReader === "function" || typeof value?.[Symbol.asyncIterator] === "function") {
    return ofParts(await partsOf(value, name, advance), name);
  }
  return ofParts([value], name);
}

/** The bytes of the same in turn; of a stream nothing is kept. */
export async function* partsInTurn(value, name) {
  if (typeof Blob === "function" && value instanceof Blob) value = value.stream();
  const isStream = typeof value?.getReader === "function" || typeof value?.[Symbol.asyncIterator] === "function";
  for await (const part of isStream ? eachOf(value) : Array.isArray(value) ? value : [value]) yield bytes(part, name);
}

async function partsOf(stream, name, advance) {
  const parts = [];
  let size = 0;
  for await (const part of eachOf(stream)) {
    parts.push(bytes(part, name));
    size += part.length;
    advance(size);
  }
  return parts;
}

/** Not every browser iterates over a ReadableStream by itself. */
async function* eachOf(stream) {
  if (typeof stream[Symbol.asyncIterator] === "function") return yield* stream;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the stream if we stop early; harmless at its end.
    await reader.cancel();
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

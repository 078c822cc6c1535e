// The journal of the index, read as `src/index/journal.rs` writes it: an entry is the length of its content, the content, and a
// checksum of 8 bytes. Content is a sequence number, the kind of change, and what the change says. Numbers are LEB128,
// texts stand behind their length. The checksums are looked at by the index itself, which replays what is read here.
const CHECKSUM = 8;
const KINDS = { 1: "upsert", 2: "remove", 3: "merge", 4: "split", 5: "decide" };
const decoder = new TextDecoder();

/** Each entry of a piece of the journal: its `sequence`, its `bytes`, and `change()`, which reads the rest. */
export function* entriesOf(bytes) {
  const reader = new Reader(bytes);
  while (reader.at < bytes.length) {
    const from = reader.at;
    const length = reader.number();
    const start = reader.at;
    const sequence = reader.number();
    const change = reader.at;
    reader.at = start + length + CHECKSUM;
    yield { sequence, bytes: bytes.subarray(from, reader.at), change: () => changeOf(new Reader(bytes, change)) };
  }
}

function changeOf(reader) {
  const kind = KINDS[reader.number()];
  if (kind === "upsert") {
    const [entry, child, source] = [reader.number(), reader.number(), reader.text()];
    const fields = Array.from({ length: reader.number() }, () => [reader.text(), reader.text()]);
    return { kind, entry, child, source, record: Object.fromEntries(fields) };
  }
  if (kind === "remove") return { kind, entry: reader.number() };
  if (kind === "merge") return { kind, from: reader.number(), into: reader.number() };
  if (kind === "split") return { kind, into: reader.number() };
  return { kind };
}

class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  number() {
    let [number, factor] = [0, 1];
    for (;;) {
      const byte = this.bytes[this.at++];
      number += (byte & 0x7f) * factor;
      if (!(byte & 0x80)) return number;
      factor *= 0x80;
    }
  }

  text() {
    const length = this.number();
    return decoder.decode(this.bytes.subarray(this.at, (this.at += length)));
  }
}

/** Which children became which by a journal: the one to ask about now, or none. */
export class Merges {
  #into = new Map();

  /** Takes the entries of a piece of the journal, in order. A split gives a child back that was merged. */
  take(bytes) {
    for (const entry of entriesOf(bytes)) {
      const { kind, from, into } = entry.change();
      if (kind === "merge") this.#into.set(from, into);
      if (kind === "split") this.#into.delete(into);
    }
  }

  replacementOf(child) {
    let [now, steps] = [child, 0];
    while (this.#into.has(now) && steps++ <= this.#into.size) now = this.#into.get(now);
    return now === child ? undefined : now;
  }
}

/** The latest records that a journal entered up to a change and that stand, by their number; no more than so many. */
export function standingRecords(pieces, applied, most) {
  const records = new Map();
  for (const piece of pieces) {
    for (const { sequence, change } of entriesOf(piece)) {
      if (sequence > applied) return records;
      const { kind, entry, source, record } = change();
      if (kind === "upsert" || kind === "remove") records.delete(entry);
      if (kind === "upsert") records.set(entry, { source, record });
      if (records.size > most) records.delete(records.keys().next().value);
    }
  }
  return records;
}

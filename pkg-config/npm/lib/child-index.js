import { bytes, dataObject, kindOf, optionsOf, text } from "./argument.js";
import { partsInTurn } from "./content.js";
import { ChildlinkError, shielded, shieldedLater } from "./error.js";
import { Handle } from "./handle.js";
import { ownMethods } from "./own.js";
import { recordReader } from "./record.js";

const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
/** Bytes of a snapshot handed over at a time. */
const PIECE = 1 << 20;

/** The child index, and the messages that change it. */
export function indexes(boundary) {
  const readRecord = recordReader(boundary);
  const token = Symbol("made by load");

  class ChildIndex {
    #handle;

    static {
      ownMethods(this, "index", (value) => #handle in Object(value));
    }

    constructor(made, loader) {
      if (made !== token) {
        throw new ChildlinkError("index/not-loaded", "an index is not made by new", "await ChildIndex.load(snapshot)");
      }
      this.#handle = new Handle(boundary, "index", () => loader.finish());
    }

    static load = shieldedLater(async (snapshot) => {
      const loader = new Handle(boundary, "index", () => new boundary.glue.IndexLoader());
      try {
        // A megabyte at a time, so that a snapshot that is here as a whole is not copied as a whole on its way.
        for await (const part of partsInTurn(snapshot, "snapshot")) {
          for (let at = 0; at < part.length; at += PIECE) loader.use((core) => core.push(part.subarray(at, at + PIECE)));
        }
      } catch (error) {
        loader.free();
        throw error;
      }
      // Finishing takes the loader's memory over.
      return loader.use((core) => new ChildIndex(token, core));
    });

    match(record, options) {
      const source = sourceOf(optionsOf(options, ["source"]));
      const { shape, texts } = readRecord(record);
      return JSON.parse(this.#handle.use((core) => core.find(source, shape, texts)));
    }

    matchFhir(request, options) {
      const source = sourceOf(optionsOf(options, ["source"]));
      const checked = bytes(request, "request");
      return JSON.parse(this.#handle.use((core) => core.matchFhir(source, checked)));
    }

    upsert(record, options) {
      const given = optionsOf(options, ["source", "entry", "child"]);
      const { shape, texts } = readRecord(record);
      const [entry, child, source] = [serial(given.entry, "entry"), serial(given.child, "child"), sourceOf(given)];
      return this.#handle.use((core) => core.upsert(entry, child, source, shape, texts));
    }

    remove(entry) {
      return this.#handle.use((core) => core.remove(needed(entry, "entry")));
    }

    merge(from, into) {
      return this.#handle.use((core) => core.merge(needed(from, "from"), needed(into, "into")));
    }

    split(entries, child) {
      if (!Array.isArray(entries)) {
        throw new ChildlinkError("argument/not-entries", `entries must be an array, not ${kindOf(entries)}`, "pass numbers of records", "entries");
      }
      const checked = Uint32Array.from(entries, (entry) => needed(entry, "entries"));
      return this.#handle.use((core) => core.split(checked, serial(child, "child")));
    }

    decide(whom, decision, options) {
      const { child, reader, decidedAt } = optionsOf(options, ["child", "reader", "decidedAt"]);
      const words = [text(whom, "whom"), text(decision, "decision"), text(reader, "reader"), text(decidedAt, "decidedAt")];
      const checked = serial(child, "child");
      return this.#handle.use((core) => core.decide(words[0], checked, words[1], words[2], words[3]));
    }

    setBarred(list, key) {
      const [checked, checkedKey] = [bytes(list, "list"), text(key, "key")];
      this.#handle.use((core) => core.setBarred(checked, checkedKey));
    }

    replay(journal) {
      const checked = bytes(journal, "journal");
      const [applied, passedOver, wholeBytes, tornBytes] = this.#handle.use((core) => core.replay(checked));
      return { applied, passedOver, wholeBytes, tornBytes };
    }

    snapshot() {
      return this.#handle.use((core) => core.snapshot());
    }

    stats() {
      return JSON.parse(this.#handle.use((core) => core.stats()));
    }

    free() {
      this.#handle.free();
    }

    [DISPOSE]() {
      this.free();
    }

    /** For `Notifications`, which change the index. */
    static core(index, work) {
      if (!(index instanceof ChildIndex)) {
        throw new ChildlinkError("argument/not-index", `index must be a ChildIndex, not ${kindOf(index)}`, "pass what ChildIndex.load gave", "index");
      }
      return index.#handle.use(work);
    }
  }
  const { core: withIndex } = ChildIndex;
  delete ChildIndex.core;

  class Notifications {
    #handle;
    #index;

    static {
      ownMethods(this, "notifications", (value) => #handle in Object(value));
    }

    constructor(index) {
      this.#handle = withIndex(index, (core) => new Handle(boundary, "notifications", () => new boundary.glue.Messages(core)));
      this.#index = index;
    }

    receive(message, name = "") {
      const [checked, checkedName] = [bytes(message, "message"), text(name, "name")];
      return JSON.parse(this.#handle.use((core) => core.receive(checkedName, checked)));
    }

    restore(journal) {
      const checked = bytes(journal, "journal");
      return withIndex(this.#index, (index) => this.#handle.use((core) => core.restore(index, checked)));
    }

    settle(write) {
      if (typeof write !== "function") {
        throw new ChildlinkError("argument/not-function", `write must be a function, not ${kindOf(write)}`, "pass what makes the journal durable", "write");
      }
      let failure;
      const journal = (entries, first, count) => {
        try {
          write({ entries, first, count });
        } catch (cause) {
          failure = cause;
          throw cause;
        }
      };
      try {
        return JSON.parse(withIndex(this.#index, (index) => this.#handle.use((core) => core.settle(index, journal))));
      } catch (error) {
        if (failure !== undefined) error.cause = failure;
        throw error;
      }
    }

    free() {
      this.#handle.free();
    }

    [DISPOSE]() {
      this.free();
    }
  }

  const guarded = (work) => {
    try {
      return JSON.parse(work());
    } catch (cause) {
      throw boundary.caught(cause);
    }
  };

  return {
    ChildIndex,
    Notifications,
    parseNotification: shielded((message) => {
      const checked = bytes(message, "message");
      return guarded(() => boundary.glue.parseNotification(checked));
    }),
    operationOutcome: shielded((error) => {
      const { code, message, hint, field } = dataObject(error, "error");
      const told = [text(code, "code"), text(message, "message"), text(hint ?? "", "hint")];
      const column = field === undefined || field === null ? undefined : text(field, "field");
      return guarded(() => boundary.glue.operationOutcome(...told, column));
    }),
  };
}

const sourceOf = ({ source = "query" }) => text(source, "source");

/** A serial from 0, or nothing. */
function serial(value, name) {
  if (value === undefined || (Number.isInteger(value) && 0 <= value && value <= 0xffff_ffff)) return value;
  throw new ChildlinkError("argument/not-serial", `${name} must be a whole number from 0, not ${kindOf(value)}`, "pass a number that the index gave", name);
}

/** A serial that must be there. */
const needed = (value, name) => serial(value ?? NaN, name);

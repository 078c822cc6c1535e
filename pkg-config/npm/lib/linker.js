import { bytes, dataObject, kindOf, optionsOf, text } from "./argument.js";
import { columnsOf } from "./columns.js";
import { cannotRead, contentOf, eachOf } from "./content.js";
import { ChildlinkError, shielded, shieldedLater } from "./error.js";
import { ownMethods } from "./own.js";
import { modelOf } from "./pairs.js";
import { watcher } from "./watcher.js";

const TABLES = ["children", "links", "review", "restricted", "quarantine", "changes"];
const LISTS = ["decisions", "superseded", "barred", "previous"];
const decoder = new TextDecoder();

/** Lets the host do other work: show progress, hear that the run is to be cancelled. */
const breath = () => new Promise((resolve) => setTimeout(resolve));

/** Linking of records. With `reports`, of which only the browser app's Wasm is able, `link` can keep its run. */
export function linkers(boundary, { reports = false } = {}) {
  const linkOptions = ["linkOnly", "seed", ...LISTS, "onProgress", "signal", ...(reports ? ["keepRun"] : [])];

  const readModel = shielded((options) => modelOf(optionsOf(options, ["model"])));

  class Linker {
    #inputs;
    #run;
    #generation;
    #gone = "has been freed";
    #isBusy = false;
    #isEnding = false;

    static {
      ownMethods(this, "linker", (value) => #inputs in Object(value));
    }

    constructor(options) {
      const model = readModel(options);
      this.#inputs = boundary.call(() => new boundary.glue.LinkerInputs(model));
      this.#generation = boundary.generation;
    }

    async addFile(name, content, options) {
      const { source, share, onProgress, signal } = optionsOf(options, ["source", "share", "onProgress", "signal"]);
      const file = text(name, "name");
      const given = source === undefined ? undefined : text(source, "source");
      const shared = share === undefined ? undefined : partsOfShare(share);
      const watch = watcher(onProgress, signal);
      this.#held("inputs");
      return reading(content, watch, async (size, read) => {
        if (!shared) return this.#call("inputs", (inputs) => inputs.addFile(file, given, size, read));
        const { place, of, parts } = shared;
        this.#call("inputs", (inputs) => inputs.beginFile(file, given, size, read, place, of));
        for await (const part of eachOf(parts, "parts")) {
          this.#call("inputs", (inputs) => inputs.takePart(bytes(part, "each part")));
        }
        return this.#call("inputs", (inputs) => inputs.finishFile());
      });
    }

    addColumns(name, columns, options) {
      const { source } = optionsOf(options, ["source"]);
      const file = text(name, "name");
      const given = source === undefined ? undefined : text(source, "source");
      const { names, bytes, offsets } = columnsOf(columns);
      return this.#call("inputs", (inputs) => inputs.addColumns(file, given, names, bytes, offsets));
    }

    async link(options) {
      const given = optionsOf(options, linkOptions);
      const lists = listsOf(given);
      const linkOnly = flag(given.linkOnly, "linkOnly");
      const seed = seedOf(given.seed);
      const watch = watcher(given.onProgress, given.signal);
      const step = async (phase, done, what, work) => {
        watch(phase, done, 4);
        await breath();
        watch(phase, done, 4);
        return this.#call(what, work);
      };
      // A list that cannot be read is told before the records are spent.
      for (const [list, values] of lists) this.#call("inputs", (inputs) => inputs[list](...values));
      this.#held("inputs");
      let files;
      try {
        await step("build", 0, "inputs", (inputs) => {
          this.#inputs = undefined;
          this.#gone = "has linked its records already";
          this.#run = inputs.build(linkOnly, seed);
        });
        await step("train", 1, "run", (run) => run.train());
        await step("link", 2, "run", (run) => run.link());
        files = await step("write", 3, "run", (run) => run.write());
        const json = (bytes) => JSON.parse(decoder.decode(bytes));
        const tables = TABLES.map((table) => [table, files.take(`${table}.csv`)]).filter(([, table]) => table !== undefined);
        const [summaryJson, modelJson, notes] = ["summary.json", "model.json", "notes.json"].map((name) => files.take(name));
        const documents = { summary: json(summaryJson), model: json(modelJson), notes: json(notes) };
        return { ...documents, summaryJson, modelJson, ...Object.fromEntries(tables) };
      } finally {
        if (this.#generation === boundary.generation) files?.free();
        if (!files || !given.keepRun) this.free();
      }
    }

    /** The report of the run that was kept, and the numbers of sensitive children. */
    report() {
      const files = boundary.call(() => this.#held("run").report());
      const [statisticsJson, report, sensitive] = ["statistics.json", "report.html", "sensitive.json"].map((name) =>
        files.take(name),
      );
      files.free();
      return { statisticsJson, report, sensitiveChildren: JSON.parse(decoder.decode(sensitive)) };
    }

    /** The waterfall of a pair of links.csv, its records told by `{ source, id }`, as the run that was kept weighed it. */
    explain(left, right) {
      return JSON.parse(this.#call("run", (run) => run.explain(left.source, left.id, right.source, right.id)));
    }

    free() {
      if (this.#isBusy) {
        this.#isEnding = true;
        return;
      }
      // A fresh instance has taken the memory of the old one away already.
      if (this.#generation === boundary.generation) {
        this.#inputs?.free();
        this.#run?.free();
      }
      this.#inputs = undefined;
      this.#run = undefined;
    }

    [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
      this.free();
    }

    /** Calls what is held in Wasm. Until it answers, functions of the caller that it asks cannot use this linker. */
    #call(what, work) {
      const held = this.#held(what);
      this.#isBusy = true;
      try {
        return boundary.call(() => work(held));
      } finally {
        this.#isBusy = false;
        if (this.#isEnding) this.free();
      }
    }

    /** What is held in Wasm, if it still is. */
    #held(what) {
      if (this.#isBusy) {
        const hint = "wait for the call before to end; in onProgress, use another linker or none";
        throw new ChildlinkError("linker/busy", "this linker is at work", hint);
      }
      const held = what === "run" ? this.#run : this.#inputs;
      if (held !== undefined && this.#generation === boundary.generation) return held;
      throw new ChildlinkError(
        "linker/gone",
        `this linker ${this.#generation === boundary.generation ? this.#gone : "went with an earlier Wasm instance"}`,
        "make a new Linker and add the records again",
      );
    }
  }

  /** Reads a share of a file for a run in another worker, with an instance of its own. */
  const readShare = shieldedLater(async (name, content, options) => {
    const known = ["source", "place", "of", "onPart", "onProgress", "signal"];
    const { source, onPart, onProgress, signal, ...share } = optionsOf(options, known);
    const file = text(name, "name");
    const given = source === undefined ? undefined : text(source, "source");
    const { place, of } = shareOf(share, ["place", "of"]);
    if (typeof onPart !== "function") {
      const message = `onPart must be a function, not ${kindOf(onPart)}`;
      throw new ChildlinkError("argument/not-function", message, "pass a function that takes the bytes of a part", "onPart");
    }
    const watch = watcher(onProgress, signal);
    await reading(content, watch, (size, read, told) => {
      const each = told(onPart, (cause) => new ChildlinkError("linker/callback", "onPart threw", "see the cause", "onPart", { cause }));
      return boundary.call(() => boundary.glue.readShare(file, given, size, read, place, of, each));
    });
  });

  return { Linker, readShare };
}

/**
 * Reads a content by `work(size, read, told)`. The core only knows that a function which it asked came to nothing; why is
 * kept here, by `told(ask, failed)`, and thrown in the end.
 */
async function reading(content, watch, work) {
  const { size, read } = await contentOf(content, "content", (done) => watch("read", done, undefined));
  let done = 0;
  let failure;
  const told =
    (ask, failed) =>
    (...given) => {
      try {
        return ask(...given);
      } catch (cause) {
        failure = failed(cause);
        throw failure;
      }
    };
  const readPart = (offset, length) => {
    const part = read(offset, length);
    done = Math.max(done, offset + part.length);
    watch("read", done, size);
    return part;
  };
  try {
    return await work(size, told(readPart, (cause) => cannotRead(cause, "content")), told);
  } catch (error) {
    throw failure ?? error;
  }
}

/** A share of which the other parts come from elsewhere, or a `ChildlinkError`. */
function partsOfShare(share) {
  const { place, of, parts } = shareOf(share, ["place", "of", "parts"]);
  const isIterable = [Symbol.iterator, Symbol.asyncIterator, "getReader"].some((key) => typeof parts?.[key] === "function");
  if (isIterable && typeof parts !== "string") return { place, of, parts };
  const message = `share.parts must be an iterable of bytes, not ${kindOf(parts)}`;
  throw new ChildlinkError("argument/not-parts", message, "pass what readShare gave in the other workers, or [] if there was none", "share.parts");
}

/** Which share of a file is read, or a `ChildlinkError`. */
function shareOf(share, known) {
  const { place, of, parts } = optionsOf(dataObject(share, "share"), known);
  if (Number.isInteger(place) && Number.isInteger(of) && 0 <= place && place < of && of <= 1024) return { place, of, parts };
  throw new ChildlinkError(
    "argument/not-share",
    "place and of must be whole numbers, place from 0 and less than of",
    "of two workers one reads { place: 0, of: 2 } and the other { place: 1, of: 2 }",
    "share",
  );
}

/** The lists of a run, each with what the core is told of it. */
function listsOf({ decisions, superseded, barred, previous }) {
  const lists = [];
  if (decisions !== undefined) lists.push(["decisions", [bytes(decisions, "decisions")]]);
  if (superseded !== undefined) lists.push(["superseded", [bytes(superseded, "superseded")]]);
  if (barred !== undefined) {
    const { list, key } = dataObject(barred, "barred");
    lists.push(["barred", [bytes(list, "barred.list"), text(key, "barred.key")]]);
  }
  if (previous !== undefined) {
    const { children, nextChildId } = dataObject(previous, "previous");
    if (!Number.isSafeInteger(nextChildId) || nextChildId < 1) {
      const message = "previous.nextChildId must be a whole number of at least 1";
      const hint = "pass linkage.next_child_id of the summary of the earlier run";
      throw new ChildlinkError("argument/not-child-id", message, hint, "previous.nextChildId");
    }
    lists.push(["previous", [bytes(children, "previous.children"), nextChildId]]);
  }
  return lists;
}

/** True or false, false if left out, or a `ChildlinkError`. */
function flag(value, name) {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new ChildlinkError("argument/not-boolean", `${name} must be true or false, not ${kindOf(value)}`, "pass true or false", name);
}

/** A whole number of 32 bits, 0 if left out, or a `ChildlinkError`. */
function seedOf(value) {
  if (value === undefined) return 0;
  if (Number.isInteger(value) && 0 <= value && value <= 0xffff_ffff) return value;
  const hint = "pass a whole number from 0 to 4294967295";
  throw new ChildlinkError("argument/not-seed", "seed must be a whole number from 0 to 4294967295", hint, "seed");
}

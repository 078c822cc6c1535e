import { kindOf, optionsOf, text } from "./argument.js";
import { columnsOf } from "./columns.js";
import { contentOf } from "./content.js";
import { ChildlinkError } from "./error.js";
import { modelOf } from "./pairs.js";
import { watcher } from "./watcher.js";

const TABLES = ["children", "links", "review", "restricted", "quarantine"];
const decoder = new TextDecoder();

/** Lets the host do other work: show progress, hear that the run is to be cancelled. */
const breath = () => new Promise((resolve) => setTimeout(resolve));

/** Linking of records. */
export function linkers(boundary) {
  const { glue } = boundary;

  const guarded = (work) => {
    try {
      return work();
    } catch (cause) {
      throw boundary.caught(cause);
    }
  };

  class Linker {
    #inputs;
    #run;
    #generation;
    #gone = "has been freed";

    constructor(options) {
      const model = modelOf(optionsOf(options, ["model"]));
      this.#inputs = guarded(() => new glue.LinkerInputs(model));
      this.#generation = boundary.generation;
    }

    async addFile(name, content, options) {
      const { source, onProgress, signal } = optionsOf(options, ["source", "onProgress", "signal"]);
      const file = text(name, "name");
      const given = source === undefined ? undefined : text(source, "source");
      const watch = watcher(onProgress, signal);
      this.#held("inputs");
      const { size, read } = await contentOf(content, "content", (done) => watch("read", done, undefined));
      let done = 0;
      let failure;
      const readPart = (offset, length) => {
        try {
          const part = read(offset, length);
          done = Math.max(done, offset + part.length);
          watch("read", done, size);
          return part;
        } catch (cause) {
          failure = cause;
          throw cause;
        }
      };
      try {
        return guarded(() => this.#held("inputs").addFile(file, given, size, readPart));
      } catch (error) {
        // The core only knows that no bytes came; this is why.
        throw failure instanceof ChildlinkError ? failure : error;
      }
    }

    addColumns(name, columns, options) {
      const { source } = optionsOf(options, ["source"]);
      const file = text(name, "name");
      const given = source === undefined ? undefined : text(source, "source");
      const { names, bytes, offsets } = columnsOf(columns);
      return guarded(() => this.#held("inputs").addColumns(file, given, names, bytes, offsets));
    }

    async link(options) {
      const given = optionsOf(options, ["linkOnly", "seed", "onProgress", "signal"]);
      const linkOnly = flag(given.linkOnly, "linkOnly");
      const seed = seedOf(given.seed);
      const watch = watcher(given.onProgress, given.signal);
      const step = async (phase, done, work) => {
        watch(phase, done, 4);
        await breath();
        watch(phase, done, 4);
        return guarded(work);
      };
      this.#held("inputs");
      let files;
      try {
        await step("build", 0, () => {
          const inputs = this.#held("inputs");
          this.#inputs = undefined;
          this.#gone = "has linked its records already";
          this.#run = inputs.build(linkOnly, seed);
        });
        await step("train", 1, () => this.#held("run").train());
        await step("link", 2, () => this.#held("run").link());
        files = await step("write", 3, () => this.#held("run").write());
        const json = (name) => JSON.parse(decoder.decode(files.take(name)));
        const tables = TABLES.map((table) => [table, files.take(`${table}.csv`)]);
        return { summary: json("summary.json"), model: json("model.json"), ...Object.fromEntries(tables) };
      } finally {
        if (this.#generation === boundary.generation) files?.free();
        this.free();
      }
    }

    free() {
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

    /** What is held in Wasm, if it still is. */
    #held(what) {
      const held = what === "run" ? this.#run : this.#inputs;
      if (held !== undefined && this.#generation === boundary.generation) return held;
      throw new ChildlinkError(
        "linker/gone",
        `this linker ${this.#generation === boundary.generation ? this.#gone : "went with an earlier Wasm instance"}`,
        "make a new Linker and add the records again",
      );
    }
  }

  return { Linker };
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

import { ChildlinkError } from "./error.js";

/** Codes that tell of an instance that is gone. */
const LOST = ["wasm/trap", "wasm/replaced"];

/**
 * The one place where JavaScript meets Wasm: starts the instance, names what goes wrong in it, and starts a
 * fresh one after a trap, since a trapped instance may hold half-written memory.
 */
export function createBoundary(glue) {
  let ready = false;
  let generation = 0;

  const cannotStart = (cause) =>
    new ChildlinkError(
      "wasm/cannot-start",
      `the Wasm module could not be started: ${cause?.message ?? cause}`,
      "check that childlink.wasm is served beside the script, that the content security policy allows 'wasm-unsafe-eval', or pass the URL, bytes or WebAssembly.Module yourself",
      null,
      { cause },
    );

  return {
    glue,

    /** Starts childlink from a URL, Response, bytes or WebAssembly.Module. Later calls do nothing. */
    async init(source) {
      if (ready) return;
      try {
        await glue.default({ module_or_path: source });
        ready = true;
      } catch (cause) {
        throw cannotStart(cause);
      }
    },

    /** Starts childlink at once from bytes or a WebAssembly.Module. Later calls do nothing. */
    initSync(source) {
      if (ready) return;
      try {
        glue.initSync({ module: source });
        ready = true;
      } catch (cause) {
        throw cannotStart(cause);
      }
    },

    /** Throws the instance away and starts a fresh one: gives its memory back, and ends every handle. */
    reset() {
      if (!ready) return;
      generation += 1;
      glue.__wbg_reset_state();
    },

    /** Grows with every fresh instance, so that a handle can tell that its own is gone. */
    get generation() {
      return generation;
    },

    /**
     * Calls the glue where it may ask functions of the caller. Should one of them bring a fresh instance about, by `reset`
     * or by a trap of its own, then what comes back is of no instance at all, and the fresh one may have been written into.
     */
    call(work) {
      const begun = generation;
      let result;
      let failure;
      try {
        result = work();
      } catch (cause) {
        if (begun === generation) throw this.caught(cause);
        failure = cause;
      }
      if (begun === generation) return result;
      this.reset();
      if (failure instanceof ChildlinkError && LOST.includes(failure.code)) throw failure;
      throw new ChildlinkError(
        "wasm/replaced",
        "the Wasm instance was replaced while it was at work",
        "do not call reset() in a function that childlink calls; load again what you held in it (linkers, indexes)",
        null,
        failure && { cause: failure },
      );
    },

    /** What to throw for something caught from the glue. */
    caught(cause) {
      if (cause?.name === "ChildlinkError") {
        return cause instanceof ChildlinkError
          ? cause
          : new ChildlinkError(cause.code, cause.message, cause.hint, cause.field);
      }
      if (!ready) {
        return new ChildlinkError(
          "wasm/not-started",
          "childlink has not been started",
          "call `await init()` once before any other function",
        );
      }
      this.reset();
      return new ChildlinkError(
        "wasm/trap",
        `the Wasm instance failed and has been replaced by a fresh one: ${cause?.message ?? cause}`,
        "load again what you held in it (linkers, indexes); if it ran out of memory, work in smaller parts; if not, please report it",
        null,
        { cause },
      );
    },
  };
}

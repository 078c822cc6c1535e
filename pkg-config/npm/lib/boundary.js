import { ChildlinkError } from "./error.js";
import { compiled, compiledNow } from "./source.js";

/** Codes that tell of an instance that is gone. */
const LOST = ["wasm/trap", "wasm/replaced"];

/**
 * The one place where JavaScript meets Wasm: starts the instance, names what goes wrong in it, and starts a
 * fresh one after a trap, since a trapped instance may hold half-written memory. `proof` is a function that this
 * entry's module exports and a smaller entry's does not.
 */
export function createBoundary(glue, proof) {
  let ready = false;
  let starting;
  let generation = 0;
  // In the place of the glue while the instance is spent and no fresh one could be had: each call tries again.
  const lost = new Proxy(glue, {
    get(_, name) {
      renew("the Wasm instance had failed");
      return glue[name];
    },
  });

  const cannotStart = (cause) =>
    new ChildlinkError(
      "wasm/cannot-start",
      `the Wasm module could not be started: ${cause?.message ?? cause}`,
      "check that childlink.wasm is served beside the script, that the content security policy allows 'wasm-unsafe-eval', or pass the URL, bytes or WebAssembly.Module yourself",
      null,
      { cause },
    );

  /** Starts a module, unless another was quicker: what has been made in its instance stays. */
  const startWith = (module) => {
    if (ready) return;
    if (!WebAssembly.Module.exports(module).some(({ name }) => name === proof)) {
      throw new TypeError("this is the Wasm file of another entry of childlink");
    }
    glue.initSync({ module });
    ready = true;
  };

  /** Takes a fresh instance in the place of one that is spent. If none can be had, every later call tries again. */
  const renew = (why) => {
    boundary.glue = lost;
    try {
      glue.__wbg_reset_state();
    } catch (cause) {
      throw new ChildlinkError(
        "wasm/trap",
        `${why}, and no fresh one could be started: ${cause?.message ?? cause}`,
        "free memory and call again: each call tries to start a fresh instance",
        null,
        { cause },
      );
    }
    boundary.glue = glue;
  };

  const reset = () => {
    if (!ready) return;
    generation += 1;
    renew("the Wasm instance was thrown away");
  };

  const boundary = {
    /** The functions of the instance. Ask for them here at each call. */
    glue,

    /** Starts childlink from a URL, Response, bytes or WebAssembly.Module. All who ask meanwhile wait for the first. */
    async init(source) {
      if (ready) return;
      starting ??= compiled(source)
        .then(startWith)
        .finally(() => (starting = undefined));
      try {
        await starting;
      } catch (cause) {
        // Should it have been started at once meanwhile, nothing is amiss.
        if (!ready) throw cannotStart(cause);
      }
    },

    /** Starts childlink at once from bytes or a WebAssembly.Module. Later calls do nothing. */
    initSync(source) {
      if (ready) return;
      try {
        startWith(compiledNow(source));
      } catch (cause) {
        throw cannotStart(cause);
      }
    },

    /** Throws the instance away and starts a fresh one: gives its memory back, and ends every handle. */
    reset,

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
      reset();
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
      generation += 1;
      renew(`the Wasm instance failed (${cause?.message ?? cause})`);
      return new ChildlinkError(
        "wasm/trap",
        `the Wasm instance failed and has been replaced by a fresh one: ${cause?.message ?? cause}`,
        "load again what you held in it (linkers, indexes); if it ran out of memory, work in smaller parts; if not, please report it",
        null,
        { cause },
      );
    },
  };
  return boundary;
}

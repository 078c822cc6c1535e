import { kindOf } from "./argument.js";
import { ChildlinkError } from "./error.js";

/**
 * Tells the caller how far the work is, and stops it when the caller says so: `watch(phase, done, total)` throws a
 * `ChildlinkError` once the signal has been given.
 */
export function watcher(onProgress, signal) {
  if (onProgress !== undefined && typeof onProgress !== "function") {
    const message = `onProgress must be a function, not ${kindOf(onProgress)}`;
    throw new ChildlinkError("argument/not-function", message, "pass a function of one object, or nothing", "onProgress");
  }
  if (signal !== undefined && typeof signal?.aborted !== "boolean") {
    const message = `signal must be an AbortSignal, not ${kindOf(signal)}`;
    throw new ChildlinkError("argument/not-signal", message, "pass the signal of an AbortController, or nothing", "signal");
  }
  return (phase, done, total) => {
    try {
      onProgress?.({ phase, done, total });
    } catch (cause) {
      throw new ChildlinkError("linker/callback", "onProgress threw", "see the cause", "onProgress", { cause });
    }
    if (signal?.aborted) {
      const cause = { cause: signal.reason };
      throw new ChildlinkError("linker/cancelled", "the work was cancelled by its signal", "start again if it was not meant", null, cause);
    }
  };
}

// Several workers that read the files of a run together.

import { startWorker } from "../../parts/worker.js";

/** Fewer bytes than this one worker reads as fast as two. */
const WORTH_SHARING = 4_000_000;
const MOST_WORKERS = 4;

/** How many workers read so many bytes on this computer. */
export const readersFor = (bytes) =>
  bytes < WORTH_SHARING ? 1 : Math.max(1, Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS));

/**
 * Starts workers, of the script at `address`, that read their shares of files of delimited text, each in an instance of
 * the one compiled module.
 * @returns `share(file)`: which share of a file is left to this worker, with the parts that come of the others; `end()`.
 */
export function openReaders(address, module, files, of) {
  const workers = Array.from({ length: of - 1 }, () => startWorker(address));
  const inbox = files.map(() => ({ parts: [], open: workers.length }));
  let fault = null;
  let wake = () => {};
  const fail = (cause) => {
    fault ??= cause;
    wake();
  };
  for (const [place, worker] of workers.entries()) {
    worker.addEventListener("message", ({ data: { file, part, fault: told } }) => {
      if (told) return fail(Object.assign(new Error(told.message), told));
      if (part) inbox[file].parts.push(part);
      else inbox[file].open -= 1;
      return wake();
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      fail(Object.assign(new Error(event.message || "a worker stopped"), { hint: "reload the page and try again" }));
    });
    worker.postMessage({ module, files, place: place + 1, of });
  }

  /** What the others read of a file, as it comes. */
  async function* partsOf(file) {
    const own = inbox[file];
    for (;;) {
      if (fault) throw fault;
      while (own.parts.length > 0) yield own.parts.shift();
      if (own.open === 0) return;
      await new Promise((resolve) => (wake = resolve));
    }
  }

  return {
    share: (file) => ({ place: file % of, of, parts: partsOf(file) }),
    end: () => workers.forEach((worker) => worker.terminate()),
  };
}

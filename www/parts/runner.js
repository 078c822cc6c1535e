import { startWorker } from "./worker.js";

/** A worker that answers: `ask` puts a question to it, `end` throws it away with all that it holds. */
export function openRunner(address, onprogress) {
  const worker = startWorker(address);
  const waiting = new Map();
  let last = 0;
  const failAll = (fault) => {
    for (const { reject } of waiting.values()) reject(fault);
    waiting.clear();
  };
  worker.addEventListener("message", ({ data: { id, answer, fault, progress } }) => {
    if (progress) return onprogress(progress);
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (fault) reject?.(Object.assign(new Error(fault.message), fault));
    else resolve?.(answer);
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    failAll(
      Object.assign(new Error(event.message || "the work stopped"), {
        hint: "reload the page and try again with smaller files",
      }),
    );
  });
  return {
    ask(call, values) {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, call, values });
      });
    },
    end() {
      worker.terminate();
      failAll(Object.assign(new Error("the run was cancelled"), { cancelled: true }));
    },
  };
}

/** Where a worker, two folders below the page, finds the Wasm of everything. */
export const WASM = new URL("../../childlink/full/childlink.wasm", location);

/** The Wasm of the app's own that links records and draws the report of a run. */
export const LINKING_WASM = new URL("../../childlink/app/childlink.wasm", location);

/** The worker's half of a runner: answers questions `{ id, call, values }` by the functions of `calls`. */
export function answerWith(calls) {
  addEventListener("message", async ({ data: { id, call, values } }) => {
    try {
      postMessage({ id, answer: await calls[call](values) });
    } catch (cause) {
      postMessage({ id, fault: { code: cause.code, message: cause.message, hint: cause.hint } });
    }
  });
}

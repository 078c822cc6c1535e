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

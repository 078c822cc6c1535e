// Reads a share of the files of a run beside the worker that links them, in an instance of its own, and hands over what
// came of each part.
import { initSync, readShare } from "../../childlink/app/slim.js";

addEventListener("message", async ({ data: { module, files, place, of } }) => {
  try {
    initSync(module);
    for (const [file, { name, content, source }] of files.entries()) {
      const onPart = (part) => postMessage({ file, part }, [part.buffer]);
      // Small files have one part each: whoever begins goes round.
      await readShare(name, content, { ...(source && { source }), place: (place + file) % of, of, onPart });
      postMessage({ file });
    }
  } catch (cause) {
    postMessage({ fault: { code: cause.code, message: cause.message, hint: cause.hint } });
  }
});

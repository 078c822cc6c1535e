import { bytes, json, optionsOf, text } from "./argument.js";
import { shielded } from "./error.js";

/** Bytes of whole lines handed over at a time: the answers are a dozen times as long, and Wasm never gives memory back. */
const PIECE = 1 << 22;

/** The end of the line that holds a place, or of the bytes. */
function lineEnd(bytes, place) {
  const end = place < bytes.length ? bytes.indexOf(10, place) : -1;
  return end < 0 ? bytes.length : end + 1;
}

/** One array of the bytes of several. */
function joined(pieces) {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** What children have had, and what is due. */
export function schedules(boundary) {
  const readAsAt = (options) => text(optionsOf(options, ["asAt"]).asAt, "asAt");

  const schedule = shielded((child, options) => {
    const asAt = readAsAt(options);
    const childText = json(child, "child");
    try {
      return JSON.parse(boundary.glue.schedule(childText, asAt));
    } catch (cause) {
      throw boundary.caught(cause);
    }
  });

  return {
    schedule,

    scheduleBatch: shielded((lines, options) => {
      const asAt = readAsAt(options);
      const checked = bytes(lines, "lines");
      const answers = [];
      const totals = [0, 0, 0];
      let from = 0;
      do {
        const to = lineEnd(checked, from + PIECE);
        let scheduled;
        try {
          scheduled = boundary.glue.scheduleBatch(checked.subarray(from, to), asAt);
          scheduled.counts().forEach((count, kind) => (totals[kind] += count));
          answers.push(scheduled.takeLines());
        } catch (cause) {
          throw boundary.caught(cause);
        } finally {
          scheduled?.free();
        }
        from = to;
      } while (from < checked.length);
      const [children, unreadable, withFindings] = totals;
      return { lines: joined(answers), children: children - unreadable, unreadable, withFindings };
    }),

    planVisits: (child, options) => schedule(child, options).visits,
  };
}

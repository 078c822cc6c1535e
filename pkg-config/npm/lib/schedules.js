import { bytes, json, optionsOf, text } from "./argument.js";

/** What children have had, and what is due. */
export function schedules(boundary) {
  const { glue } = boundary;
  const readAsAt = (options) => text(optionsOf(options, ["asAt"]).asAt, "asAt");

  const schedule = (child, options) => {
    const asAt = readAsAt(options);
    const childText = json(child, "child");
    try {
      return JSON.parse(glue.schedule(childText, asAt));
    } catch (cause) {
      throw boundary.caught(cause);
    }
  };

  return {
    schedule,

    scheduleBatch(lines, options) {
      const asAt = readAsAt(options);
      const checked = bytes(lines, "lines");
      let scheduled;
      try {
        scheduled = glue.scheduleBatch(checked, asAt);
        const [children, unreadable, withFindings] = scheduled.counts();
        return { lines: scheduled.takeLines(), children: children - unreadable, unreadable, withFindings };
      } catch (cause) {
        throw boundary.caught(cause);
      } finally {
        scheduled?.free();
      }
    },

    planVisits: (child, options) => schedule(child, options).visits,
  };
}

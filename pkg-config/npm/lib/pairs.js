import { json, optionsOf } from "./argument.js";
import { shielded } from "./error.js";
import { recordReader } from "./record.js";

/** The model among the options as text, if there is one. */
export const modelOf = ({ model }) => (model === undefined ? undefined : json(model, "model"));

/** Two records at a time. */
export function pairs(boundary) {
  const readRecord = recordReader(boundary);

  return {
    comparePair: shielded((left, right, options) => {
      const model = modelOf(optionsOf(options, ["model"]));
      const a = readRecord(left);
      const b = readRecord(right);
      try {
        return JSON.parse(boundary.glue.comparePair(a.shape, a.texts, b.shape, b.texts, model));
      } catch (cause) {
        throw boundary.caught(cause);
      }
    }),
  };
}

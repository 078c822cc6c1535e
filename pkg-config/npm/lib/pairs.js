import { json, optionsOf } from "./argument.js";
import { recordReader } from "./record.js";

/** Two records at a time. */
export function pairs(boundary) {
  const { glue } = boundary;
  const readRecord = recordReader(boundary);

  return {
    comparePair(left, right, options) {
      const { model } = optionsOf(options, ["model"]);
      const modelText = model === undefined ? undefined : json(model, "model");
      const a = readRecord(left);
      const b = readRecord(right);
      try {
        return JSON.parse(glue.comparePair(a.columns, a.values, b.columns, b.values, modelText));
      } catch (cause) {
        throw boundary.caught(cause);
      }
    },
  };
}

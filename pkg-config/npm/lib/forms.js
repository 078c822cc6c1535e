import { LONGEST_TEXT, text } from "./argument.js";

/** The functions of forms: one field or one record at a time. */
export function forms(boundary) {
  const { glue } = boundary;

  /** A function of one text that the glue knows by the same name. */
  const ofText = (name) => (value) => {
    const checked = text(value, "text");
    try {
      return glue[name](checked);
    } catch (cause) {
      throw boundary.caught(cause);
    }
  };

  return {
    isNhsNumber(value) {
      if (typeof value !== "string" || value.length > LONGEST_TEXT) return false;
      try {
        return glue.isNhsNumber(value);
      } catch (cause) {
        throw boundary.caught(cause);
      }
    },
    parseNhsNumber: ofText("parseNhsNumber"),
    formatNhsNumber: ofText("formatNhsNumber"),
  };
}

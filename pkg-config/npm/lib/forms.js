import { LONGEST_TEXT, oneOf, text } from "./argument.js";

const NAME_KINDS = ["given", "family"];

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

  /** The same where the glue says `undefined` for nothing. */
  const ofTextOrNull = (name) => {
    const call = ofText(name);
    return (value) => call(value) ?? null;
  };
  const parseGivenName = ofText("parseGivenName");
  const parseFamilyName = ofText("parseFamilyName");

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
    parsePostcode: ofText("parsePostcode"),
    birthOrderInName: ofTextOrNull("birthOrderInName"),
    parseName(value, kind = "given") {
      return oneOf(kind, NAME_KINDS, "kind") === "given" ? parseGivenName(value) : parseFamilyName(value);
    },
  };
}

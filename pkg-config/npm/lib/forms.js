import { LONGEST_TEXT, oneOf, optionsOf, packedTens, text } from "./argument.js";
import { recordReader } from "./record.js";

const NAME_KINDS = ["given", "family"];
const DATE_ORDERS = ["day-month-year", "month-day-year"];

/** How dates are to be read: `[monthFirst, asAt]`, as the glue takes them. */
function dateOptions(options) {
  const { dateOrder = "day-month-year", asAt } = optionsOf(options, ["dateOrder", "asAt"]);
  const monthFirst = oneOf(dateOrder, DATE_ORDERS, "dateOrder") === "month-day-year";
  return [monthFirst, asAt === undefined ? undefined : text(asAt, "asAt")];
}

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

  /** The same for those that answer by JSON. */
  const objectOfText = (name) => {
    const call = ofText(name);
    return (value) => JSON.parse(call(value));
  };
  const parseGivenName = objectOfText("parseGivenName");
  const parseFamilyName = objectOfText("parseFamilyName");
  const birthOrder = ofText("birthOrderInName");

  const readRecord = recordReader(boundary);

  /** A function of one record that the glue knows by the same name. */
  const ofRecord = (name) => (record, options) => {
    const dates = dateOptions(options);
    const { columns, values } = readRecord(record);
    try {
      return JSON.parse(glue[name](columns, values, ...dates));
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
    parseNhsNumber: objectOfText("parseNhsNumber"),
    formatNhsNumber: ofText("formatNhsNumber"),
    checkNhsNumbers(packed) {
      const checked = packedTens(packed, "packed");
      try {
        return glue.checkNhsNumbers(checked);
      } catch (cause) {
        throw boundary.caught(cause);
      }
    },
    parseChiNumber: objectOfText("parseChiNumber"),
    parseHealthCareNumber: objectOfText("parseHealthCareNumber"),
    parseBirthDate(value, options) {
      const checked = text(value, "text");
      const dates = dateOptions(options);
      try {
        return JSON.parse(glue.parseBirthDate(checked, ...dates));
      } catch (cause) {
        throw boundary.caught(cause);
      }
    },
    validateRecord: ofRecord("validateRecord"),
    normaliseRecord: ofRecord("normaliseRecord"),
    parsePostcode: objectOfText("parsePostcode"),
    birthOrderInName: (value) => birthOrder(value) ?? null,
    parseName(value, kind = "given") {
      return oneOf(kind, NAME_KINDS, "kind") === "given" ? parseGivenName(value) : parseFamilyName(value);
    },
  };
}

import { LONGEST_TEXT, oneOf, optionsOf, packedTens, text } from "./argument.js";
import { shielded } from "./error.js";
import { recordReader } from "./record.js";

const NAME_KINDS = ["given", "family"];
/** What a field can turn out to be, by the figures of the core. */
const STATES = ["absent", "invalid", "valid"];
/** How many figures of the core stand before those of the fields. */
const FLAGS = 4;
const FIGURE_0 = 48;
const DATE_ORDERS = ["day-month-year", "month-day-year"];

/** How dates are to be read: `[monthFirst, asAt]`, as the glue takes them. */
function dateOptions(options) {
  const { dateOrder = "day-month-year", asAt } = optionsOf(options, ["dateOrder", "asAt"]);
  const monthFirst = oneOf(dateOrder, DATE_ORDERS, "dateOrder") === "month-day-year";
  return [monthFirst, asAt === undefined ? undefined : text(asAt, "asAt")];
}

/** The functions of forms: one field or one record at a time. */
export function forms(boundary) {
  const guarded = (work) => {
    try {
      return work();
    } catch (cause) {
      throw boundary.caught(cause);
    }
  };

  /** A function of one text that the glue knows by the same name. */
  const ofText = (name) =>
    shielded((value) => {
      const checked = text(value, "text");
      return guarded(() => boundary.glue[name](checked));
    });

  /** The same for those that answer by JSON. */
  const objectOfText = (name) => {
    const call = ofText(name);
    return (value) => JSON.parse(call(value));
  };
  const parseGivenName = objectOfText("parseGivenName");
  const parseFamilyName = objectOfText("parseFamilyName");
  const birthOrder = ofText("birthOrderInName");

  const readRecord = recordReader(boundary);

  /** What the glue says of one record, in the function of this name. */
  const askedOfRecord = (name, record, options) => {
    const [monthFirst, asAt] = dateOptions(options);
    const { shape, texts } = readRecord(record);
    return guarded(() => boundary.glue[name](shape, texts, monthFirst, asAt));
  };

  // Every field of a record as absent: what most are, and what all others are copied from.
  let allAbsent;
  let names;
  const learnNames = () => {
    names = guarded(() => boundary.glue.stateNames());
    allAbsent = Object.fromEntries(names.map((name) => [name, STATES[0]]));
  };

  return {
    isNhsNumber(value) {
      if (typeof value !== "string" || value.length > LONGEST_TEXT) return false;
      try {
        return boundary.glue.isNhsNumber(value);
      } catch (cause) {
        throw boundary.caught(cause);
      }
    },
    parseNhsNumber: objectOfText("parseNhsNumber"),
    formatNhsNumber: ofText("formatNhsNumber"),
    checkNhsNumbers: shielded((packed) => {
      const checked = packedTens(packed, "packed");
      return guarded(() => boundary.glue.checkNhsNumbers(checked));
    }),
    parseChiNumber: objectOfText("parseChiNumber"),
    parseHealthCareNumber: objectOfText("parseHealthCareNumber"),
    parseBirthDate: shielded((value, options) => {
      const checked = text(value, "text");
      const [monthFirst, asAt] = dateOptions(options);
      return JSON.parse(guarded(() => boundary.glue.parseBirthDate(checked, monthFirst, asAt)));
    }),
    validateRecord: shielded((record, options) => {
      const answer = askedOfRecord("validateRecord", record, options);
      if (allAbsent === undefined) learnNames();
      const figure = (place) => answer.charCodeAt(place) - FIGURE_0;
      const fields = { ...allAbsent };
      for (let place = 0; place < names.length; place += 1) {
        const state = figure(FLAGS + place);
        if (state !== 0) fields[names[place]] = STATES[state];
      }
      const told = FLAGS + names.length;
      return {
        ok: figure(0) === 1,
        nhs_number_verified: figure(1) === 1,
        sensitive: figure(2) === 1,
        invalidated: figure(3) === 1,
        fields,
        findings: answer.length > told ? JSON.parse(answer.slice(told)) : [],
      };
    }),
    normaliseRecord: shielded((record, options) => JSON.parse(askedOfRecord("normaliseRecord", record, options))),
    parsePostcode: objectOfText("parsePostcode"),
    birthOrderInName: (value) => birthOrder(value) ?? null,
    parseName: shielded((value, kind = "given") =>
      oneOf(kind, NAME_KINDS, "kind") === "given" ? parseGivenName(value) : parseFamilyName(value),
    ),
  };
}

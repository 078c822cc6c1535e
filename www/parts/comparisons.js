import { sentence } from "../words.js";

const NAMES = {
  residence: "Address and postcode",
  practice: "GP practice",
  mother: "Mother",
  source: "Source systems",
  nhs_number: "NHS number",
};

/** What a comparison of the model is called. */
export const nameOf = (comparison) => NAMES[comparison] ?? sentence(comparison.replaceAll("_", " "));

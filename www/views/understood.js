import { dateInWords } from "../words.js";

const RANGES = {
  "england-wales-isle-of-man": "England, Wales or the Isle of Man",
  scotland: "Scotland (CHI)",
  "northern-ireland": "Northern Ireland",
  ireland: "Ireland",
  "internal-test": "a range for tests only",
  test: "a range for tests only",
  spare: "a range not known to be in use",
  unused: "a range not known to be in use",
};
const KINDS = {
  real: "a postcode",
  pseudo: "a code that stands for no address; never evidence",
  "stand-in": "letters that stand for no address; never evidence",
};
const SEXES = { 1: "male", 2: "female", 9: "not specified", 0: "not known", male: "male", female: "female" };

/** What childlink understood of each field, in words; null where there is nothing to say. */
export function understand(forms, record, options) {
  const number = (text) => {
    const value = forms.parseNhsNumber(text).value;
    return value && `${value.display} (${RANGES[value.range]})`;
  };
  const given = (text) => {
    const value = forms.parseName(text, "given").value;
    const order = forms.birthOrderInName(text);
    if (value) return parts(value);
    return order ? `missing; born as number ${order}` : "missing";
  };
  const family = (text) => parts(forms.parseName(text, "family").value);
  const date = (text) => {
    const value = forms.parseBirthDate(text, options).value;
    return value && `${weekday(value)}${dateInWords(value.display)}`;
  };
  const postcode = (text) => {
    const value = forms.parsePostcode(text).value;
    return value && `${value.display} (${KINDS[value.kind]})`;
  };
  const readers = {
    nhs_number: number,
    mother_nhs_number: number,
    given_name: given,
    mother_given_name: given,
    family_name: family,
    mother_family_name: family,
    birth_date: date,
    mother_birth_date: date,
    postcode,
  };
  const normalised = forms.normaliseRecord(record, options).record;
  return Object.fromEntries(
    Object.entries(record).map(([field, text]) => {
      if (!text) return [field, null];
      if (readers[field]) return [field, readers[field](text) || null];
      const value = normalised[field];
      return [field, field === "sex" ? (SEXES[value] ?? value) : value];
    }),
  );
}

/** A name as shown and, where that differs, as compared. */
function parts(name) {
  if (!name) return null;
  const compared = name.tokens.join(" + ");
  return name.display === compared ? name.display : `${name.display} (compared as ${compared})`;
}

function weekday({ display, day }) {
  if (day === null) return "";
  return `${new Date(`${display}T00:00:00Z`).toLocaleDateString("en-GB", { weekday: "long", timeZone: "UTC" })} `;
}

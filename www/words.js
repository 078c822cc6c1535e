// How things are said on every page.

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** `2024-02-29` as "29 February 2024"; a partial date in part; other text as it is. */
export function dateInWords(text) {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(text ?? "");
  if (!parts) return text ?? "";
  const [, year, month, day] = parts;
  return [day && String(Number(day)), month && MONTHS[month - 1], year].filter(Boolean).join(" ");
}

/** `2024-02-29` as "29 Feb 2024", for tables. */
export const shortDate = (text) => dateInWords(text).replace(/[A-Z][a-z]+/, (month) => month.slice(0, 3));

const NUMBER = new Intl.NumberFormat("en-GB");
/** `12345` as "12,345". */
export const number = (value) => NUMBER.format(value);

/** "1 child", "2 children". */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** The canonical columns of a record, as a form calls them. */
export const FIELDS = {
  nhs_number: "NHS number",
  nhs_number_status: "NHS number status",
  given_name: "Given name",
  other_names: "Other given names",
  family_name: "Family name",
  previous_family_name: "Previous family name",
  sex: "Sex",
  birth_date: "Date of birth",
  birth_time: "Time of birth",
  birth_order: "Birth order (twins and more)",
  death_date: "Date of death",
  address_1: "Address line 1",
  address_2: "Address line 2",
  address_3: "Address line 3",
  address_4: "Address line 4",
  address_5: "Address line 5",
  postcode: "Postcode",
  previous_postcode: "Previous postcode",
  uprn: "Property reference (UPRN)",
  gp_practice: "GP practice",
  mother_nhs_number: "Mother’s NHS number",
  mother_given_name: "Mother’s given name",
  mother_family_name: "Mother’s family name",
  mother_birth_date: "Mother’s date of birth",
  gestation_weeks: "Gestation in weeks",
  sensitive: "Sensitive flag",
  updated_at: "Last changed",
};

/** A name inside a sentence: what is spelled with capitals, such as NHS, keeps them. */
export const inSentence = (name) =>
  name.replace(/\p{Lu}\S*/gu, (word) => (/^\p{Lu}[\p{Lu}\d]/u.test(word) ? word : word.toLowerCase()));

/** First letter in upper case, as a sentence begins. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

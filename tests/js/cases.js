// Runs the case tables of tests/cases/identity, the same rows that native tests read, in any runtime.

const TABLES = {
  nhs_number: (api, row) => field(api.parseNhsNumber(row.input), (number) => ({ value: number.display })),
  chi_number: (api, row) => field(api.parseChiNumber(row.input), (number) => ({ value: number.display })),
  health_care_number: (api, row) => field(api.parseHealthCareNumber(row.input), (number) => ({ value: number.display })),
  given_name: (api, row) => name(api, row, "given"),
  family_name: (api, row) => name(api, row, "family"),
  postcode: (api, row) => field(api.parsePostcode(row.input), ({ display, ...parts }) => ({ value: display, ...parts })),
  birth_date: (api, row) => {
    const dateOrder = row.order === "mdy" ? "month-day-year" : "day-month-year";
    const asAt = row.as_at === "" ? undefined : row.as_at;
    return field(api.parseBirthDate(row.input, { dateOrder, asAt }), (date) => ({ value: date.display }));
  },
  nhs_number_status: (api, row) => column(api, "nhs_number_status", { nhs_number: "4010232137", nhs_number_status: row.input }),
  sex: (api, row) => column(api, "sex", { sex: row.input }),
  birth_order: (api, row) => column(api, "birth_order", { birth_order: row.input }),
  gp_practice: (api, row) => column(api, "gp_practice", { gp_practice: row.input }),
  uprn: (api, row) => column(api, "uprn", { uprn: row.input }),
  address: (api, row) => {
    const lines = [1, 2, 3, 4, 5].map((line) => [`address_${line}`, row[`line_${line}`]]);
    const { value, codes } = column(api, "address_1", Object.fromEntries(lines));
    return { tokens: value, codes };
  },
  sensitive: (api, row) => {
    const { sensitive, invalidated, findings } = api.normaliseRecord({ sensitive: row.input });
    return { value: invalidated ? "invalidated" : sensitive ? "yes" : "no", codes: codes(findings) };
  },
};

/** The names of the tables, which lie in tests/cases/identity/ as NAME.csv. */
export const tables = Object.keys(TABLES);

/**
 * Runs one table given as CSV text.
 * @returns {{ passed: number, faults: string[] }}
 */
export function runTable(api, table, csv) {
  let passed = 0;
  const faults = [];
  for (const row of readCsv(csv)) {
    const answer = TABLES[table](api, row);
    for (const [key, got] of Object.entries(answer)) {
      if (row[key] === undefined) continue;
      if (got === row[key]) passed += 1;
      else faults.push(`${table}, ${row.name}: ${key} is "${got}", not "${row[key]}" (${row.source})`);
    }
  }
  if (passed === 0) faults.push(`${table}: no case ran`);
  return { passed, faults };
}

function field({ value, findings }, show) {
  const empty = { value: "", kind: "", area: "", district: "", sector: "" };
  return { ...(value === null ? empty : show(value)), codes: codes(findings) };
}

function name(api, row, kind) {
  const birthOrder = api.birthOrderInName(row.input);
  const parsed = field(api.parseName(row.input, kind), (value) => ({ value: value.comparison }));
  return { ...parsed, birth_order: birthOrder === null ? "" : String(birthOrder) };
}

function column(api, key, record) {
  const { record: normalised, findings } = api.normaliseRecord(record);
  return { value: normalised[key] ?? "", codes: codes(findings) };
}

const codes = (findings) => findings.map((finding) => finding.code).join("|");

/** Rows of quoted CSV as objects by header. */
function readCsv(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n\r]*))(,|\r?\n|$)/g)) {
    rows.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") rows.push([]);
  }
  const [header, ...body] = rows;
  return body
    .filter((row) => row.length === header.length)
    .map((row) => Object.fromEntries(row.map((value, place) => [header[place], value])));
}

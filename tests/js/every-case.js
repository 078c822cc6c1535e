// Runs every case of tests/cases that an entry of the package can answer, in any runtime: `everyCase(api, data)`, with
// the data of case-data.js, gives how many held and one line for each that did not.
import { runTable } from "./cases.js";

/** @returns {Promise<{ passed: number, faults: string[] }>} */
export async function everyCase(api, data) {
  let passed = 0;
  const faults = [];
  const hold = (kind, { name, source, cites }, found) => {
    if (found.length === 0) passed += 1;
    faults.push(...found.map((fault) => `${kind}, ${name} [${source ?? cites}]: ${fault}`));
  };
  for (const [table, csv] of Object.entries(data.identity)) {
    const ran = runTable(api, table, csv);
    passed += ran.passed;
    faults.push(...ran.faults);
  }
  if (api.schedule) {
    for (const one of data.schedule) hold("schedule", one, scheduled(api, one, data));
    for (const one of data.screens) hold("screens", one, standing(api, one, "screens"));
    for (const one of data.reviews) hold("reviews", one, standing(api, one, "reviews"));
  }
  if (api.Linker) {
    // As if trained, so that it is used as it stands.
    const model = { ...data.model, provenance: { ...data.model.provenance, trained_on_records: 1 } };
    for (const one of data.pairs) hold("pairs", one, await linked(api, one, model));
  }
  if (api.parseNotification) {
    for (const one of data.messages) hold("messages", { ...one, name: one.file }, understood(api, one));
  }
  return { passed, faults };
}

/** The snapshot among the data, as bytes; undefined if there is none. */
export const snapshotOf = ({ snapshot }) => snapshot && Uint8Array.from(atob(snapshot), (letter) => letter.charCodeAt(0));

/** A published message, and what it says. */
function understood(api, { text, action, event, state, subject = {}, absent = [], payload = {}, results = [], findings }) {
  const told = api.parseNotification(new TextEncoder().encode(text));
  const faults = [];
  const expect = (what, got, expected) => {
    const [one, other] = [got, expected].map((value) => JSON.stringify(value) ?? "nothing");
    if (one !== other) faults.push(`${what}: ${one}, not ${other}`);
  };
  if (action) expect("action", told.action, action);
  if (event) expect("event", told.key.event, event);
  if (state) expect("state", told.state.value, state);
  for (const [column, value] of Object.entries(subject)) expect(column, told.subject[column], value);
  for (const column of absent) expect(column, told.subject[column], undefined);
  for (const [key, value] of Object.entries(payload)) expect(key, told.payload[key], value);
  for (const code of results) expect(`result ${code}`, told.payload.results.some((result) => result.code === code), true);
  if (findings) expect("findings", told.findings.map(({ code }) => code), findings);
  return faults;
}

/** Objects of the words of each text, by these keys. */
const byKeys = (texts = [], keys) =>
  texts.map((text) => {
    const words = text.split(" ");
    return Object.fromEntries(keys.slice(0, words.length).map((key, place) => [key, words[place]]));
  });

/** A case of an immunisation programme: what `src/schedule/programme/case.rs` does with it. */
function scheduled(api, one, { products, antigens }) {
  const dose = (text) => {
    const at = text.indexOf(" ");
    const [date, product] = [text.slice(0, at), text.slice(at + 1)];
    const isProduct = products.includes(product) || (!antigens.includes(product) && !product.includes("+"));
    return { date, product: isProduct ? product : { antigens: product.split("+") } };
  };
  const child = {
    birth_date: one.born,
    death_date: one.died,
    nation: one.nation ?? "england",
    sex: one.sex,
    year_group: one.year_group,
    gestation_weeks: one.gestation_weeks,
    risk_groups: one.risk_groups,
    decisions: byKeys(one.decisions, ["series", "status", "until"]),
    screens: byKeys(one.screens, ["date", "kind", "condition", "outcome"]),
    doses: (one.given ?? []).map(dose),
  };
  const answer = api.schedule(child, { asAt: one.as_at });
  const faults = [];
  for (const [series, expected] of Object.entries(one.expect ?? {})) {
    const entry = answer.forecast.find((entry) => entry.series === series);
    const [status, ...words] = expected.split(" ");
    const got = {
      dose: entry?.dose,
      earliest: entry?.earliest,
      due: entry?.due,
      overdue: entry?.overdue_from,
      latest: entry?.latest,
      rule: entry?.rule.replace(" (unconfirmed)", ""),
      confirmed: entry?.rule.endsWith(" (unconfirmed)") ? "no" : "yes",
    };
    if (entry?.status !== status) faults.push(`${series} is ${entry?.status}, not ${status}`);
    for (let place = 0; place < words.length; place += 2) {
      const [key, value] = words.slice(place, place + 2);
      if (String(got[key] ?? "-") !== value) faults.push(`${series} ${key}: ${got[key]}, not ${value}`);
    }
  }
  const verdicts = answer.history.flatMap(({ date, product, verdicts }) =>
    verdicts.map(({ series, dose, verdict, reason }) => {
      const name = typeof product === "string" ? product : "antigens";
      return `${date} ${name} ${series ?? "none"} ${verdict} ${dose ?? "-"} ${reason}`;
    }),
  );
  for (const expected of one.judged ?? []) {
    if (!verdicts.includes(expected)) faults.push(`no verdict ${expected} in ${verdicts.join(" | ")}`);
  }
  if (one.visits !== undefined) {
    const visits = answer.visits.map(({ date, give }) => `${date} ${give.join(" ")}`).join(" | ");
    if (visits !== one.visits.join(" | ")) faults.push(`visits ${visits}, not ${one.visits.join(" | ")}`);
  }
  return faults;
}

/** A case of screens or reviews: what `tests/care_case/mod.rs` does with it, but for `need`, which is in no answer. */
function standing(api, one, kind) {
  const { nation, birth_date, death_date, sex, gestation_weeks, screens, reviews, vitamin_k } = one;
  const child = { nation, birth_date, death_date, sex, gestation_weeks, screens, reviews, vitamin_k, year_group: one.class };
  const answer = api.schedule(child, { asAt: one.as_at });
  const lines = answer[kind];
  const faults = [];
  for (const { need, ...expected } of one.expect ?? []) {
    const entries = lines.filter((line) => line.kind === expected.kind && (line.condition ?? undefined) === expected.condition);
    if (entries.length !== 1) faults.push(`${expected.condition ?? expected.kind} is listed ${entries.length} times`);
    for (const [key, value] of Object.entries(expected)) {
      const got = entries[0]?.[key] ?? undefined;
      if (got !== value) faults.push(`${expected.condition ?? expected.kind} ${key}: ${got}, not ${value}`);
    }
  }
  for (const name of one.absent ?? []) {
    if (lines.some((line) => line.kind === name || line.condition === name)) faults.push(`${name} is listed`);
  }
  if (one.nothing_due && lines.some((line) => line.status !== "not-required" || line.due !== null)) {
    faults.push("something is not `not-required`");
  }
  if (one.count !== undefined && lines.length !== one.count) faults.push(`${lines.length} are listed, not ${one.count}`);
  const codes = answer.findings.map((finding) => finding.code);
  for (const code of one.findings ?? []) if (!codes.includes(code)) faults.push(`no finding ${code}`);
  return faults;
}

/** A case of records and what becomes of their pairs: what `tests/linkage_cases.rs` does with it. */
async function linked(api, one, model) {
  const names = [...new Set(one.records.flatMap((record) => Object.keys(record)))];
  const column = (name) => one.records.map((record) => record[name] ?? "");
  const linker = new api.Linker({ model });
  linker.addColumns("case", Object.fromEntries(names.map((name) => [name, column(name)])));
  const linkage = await linker.link({ linkOnly: one.link_only ?? false, ...(await listsOf(one)) });
  const rows = (table) => {
    const [header, ...body] = new TextDecoder().decode(linkage[table]).trimEnd().split("\n").map((line) => line.split(","));
    return body.map((row) => Object.fromEntries(header.map((name, place) => [name, row[place]])));
  };
  const pair = (left, right) => [left, right].sort().join(" and ");
  const child = Object.fromEntries(rows("children").map(({ record_id, child_id }) => [record_id, child_id]));
  const pairs = (rows) => rows.map(({ record_id_l, record_id_r }) => pair(record_id_l, record_id_r)).sort().join(", ");
  const expected = (pairs) => pairs?.map(([left, right]) => pair(left, right)).sort().join(", ");
  const faults = [];
  for (const [left, right] of one.together ?? []) {
    if (child[left] !== child[right]) faults.push(`${pair(left, right)} are not one child`);
  }
  for (const [left, right] of one.apart ?? []) {
    if (child[left] === child[right]) faults.push(`${pair(left, right)} are one child`);
  }
  const review = pairs(rows("links").filter(({ decision }) => decision === "review"));
  if (one.review && expected(one.review) !== review) faults.push(`for review are ${review}`);
  const restricted = pairs(rows("restricted"));
  if (one.restricted && expected(one.restricted) !== restricted) faults.push(`restricted are ${restricted}`);
  for (const [left, right, guard] of one.guards ?? []) {
    const row = rows("links").find(({ record_id_l, record_id_r }) => pair(record_id_l, record_id_r) === pair(left, right));
    if (!row?.guards.split("|").includes(guard)) faults.push(`${pair(left, right)} have the guards ${row?.guards}, not ${guard}`);
  }
  return faults;
}

const encoder = new TextEncoder();
/** The bytes of a list with this header. */
const listed = (header, rows) => encoder.encode([header, ...rows].join("\n"));

/** The lists of a case as a Linker takes them. */
async function listsOf({ records, decisions, superseded, barred }) {
  const source = (id) => records.find(({ record_id }) => record_id === id).source;
  const lists = {};
  if (decisions) {
    const rows = decisions.map(([left, right, word]) => `${source(left)},${left},${source(right)},${right},${word},a clerk,2026-11-30`);
    lists.decisions = listed("source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at", rows);
  }
  if (superseded) lists.superseded = listed("old_nhs_number,nhs_number", superseded.map((numbers) => numbers.join(",")));
  if (barred) {
    const key = new Uint8Array(32).fill(7);
    const hashes = barred.map(([left, right]) => barredHash(key, [source(left), left], [source(right), right]));
    lists.barred = { list: listed("hash", await Promise.all(hashes)), key: hexadecimal(key) };
  }
  return lists;
}

const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The keyed hash of a pair of records, the lesser first: what `childlink bar` writes. */
async function barredHash(key, ...records) {
  const sized = (text) => {
    const bytes = encoder.encode(text);
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length));
    return [...length, ...bytes];
  };
  const message = records.sort().flatMap((record) => [...encoder.encode("record"), ...record.flatMap(sized)]);
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hexadecimal(new Uint8Array(await crypto.subtle.sign("HMAC", imported, new Uint8Array(message))));
}

// Files of children and of what was given and done, as childlink's `schedule` takes them: one child a line.
import { FileProblem, rowsOf } from "../../parts/files.js";
import { recognise } from "../link/columns.js";

/** What a file holds, told by its header; `null` for a header that says none of these. */
function kindOf(header, spellings) {
  const has = (...columns) => columns.every((column) => header.includes(column));
  if (has("record_id", "date", "kind", "outcome")) return "screens";
  if (has("record_id", "date", "kind")) return "reviews";
  if (has("record_id", "date") && (has("product") || has("snomed"))) return "doses";
  const columns = recognise(header, spellings);
  return columns.includes("record_id") && columns.includes("birth_date") ? "children" : null;
}

/**
 * Joins files of delimited text by source and record id.
 * @param texts `{ name, text }` of each file.
 * @returns The lines, what kinds of files there were, and how many rows of what was given belong to no child.
 */
export function childrenFrom(Papa, texts, { spellings, nation, dateOf }) {
  const children = new Map();
  const files = texts.map(({ name, text }) => {
    const rows = rowsOf(Papa, text, name, []);
    const header = Object.keys(rows[0] ?? {});
    const kind = kindOf(header, spellings);
    if (!kind)
      throw new FileProblem(
        `“${name}” is neither a file of children nor of what was given`,
        "its first line must name the columns that docs/due-list.md lists",
      );
    return { name, kind, rows, header };
  });
  const kinds = new Set(files.map(({ kind }) => kind));
  if (!kinds.has("children"))
    throw new FileProblem(
      "There is no file of children",
      "choose it together with the others: it has a record id and a date of birth",
    );

  const key = (source, id) => JSON.stringify([source ?? "", id]);
  for (const { rows, header } of files.filter(({ kind }) => kind === "children")) {
    const columns = recognise(header, spellings);
    for (const row of rows) {
      const record = Object.fromEntries(
        header.flatMap((name, place) => (columns[place] ? [[columns[place], row[name]?.trim() ?? ""]] : [])),
      );
      children.set(key(record.source, record.record_id), childOf(record, nation, dateOf));
    }
  }
  let strangers = 0;
  for (const { kind, rows } of files.filter(({ kind }) => kind !== "children")) {
    for (const row of rows) {
      const child = children.get(key(row.source, row.record_id)) ?? children.get(key("", row.record_id));
      if (child) add(child, kind, row, dateOf);
      else strangers += 1;
    }
  }
  return { lines: [...children.values()].map((child) => JSON.stringify(child)), kinds, strangers };
}

/** A date that cannot be read goes on as it is: childlink says that it is none. */
function childOf(
  { source, record_id: id, birth_date: birth, death_date: death, sex, gestation_weeks: weeks },
  nation,
  dateOf,
) {
  const sexes = { 1: "male", 2: "female", m: "male", f: "female", male: "male", female: "female" };
  return {
    id: source ? `${source} ${id}` : id,
    birth_date: dateOf(birth) ?? birth,
    ...(death && { death_date: dateOf(death) ?? death }),
    sex: sexes[sex?.toLowerCase()] ?? "unknown",
    ...(/^\d+$/.test(weeks ?? "") && { gestation_weeks: Number(weeks) }),
    nation,
    doses: [],
    screens: [],
    reviews: [],
    vitamin_k: [],
  };
}

function add(child, kind, row, dateOf) {
  const date = dateOf(row.date) ?? row.date;
  if (kind === "screens")
    child.screens.push({
      date,
      kind: row.kind,
      outcome: row.outcome,
      ...(row.condition && { condition: row.condition }),
    });
  else if (kind === "reviews" && row.kind === "vitamin-k") child.vitamin_k.push({ date, route: row.route ?? "" });
  else if (kind === "reviews") child.reviews.push({ date, kind: row.kind });
  else if (!/^(no?|false|0)$/i.test(row.given?.trim() ?? ""))
    child.doses.push({ date, product: row.product ? row.product : { snomed: row.snomed } });
}

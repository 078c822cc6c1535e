// Questions about a run that was made: which child is meant, which records it has, and how they hang together.

import { TOLD } from "./columns.js";
import { chunksOf } from "./parquet.js";

/** More records of one child than this are not drawn: they would hide each other. */
const MOST_MEMBERS = 60;
const MOST_FOUND = 60;

const line = (Papa, text, start) =>
  Papa.parse(text.slice(start, text.indexOf("\n", start)), { delimiter: "," }).data[0];
const field = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Every place in `text` where `part` begins. */
function* placesOf(text, part) {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) yield at;
}

/**
 * The children that somebody may mean, each with what was found of it: records with this id in any source, a child with
 * this number, and records with this NHS number, for which the files are read again.
 * @returns `{ found: [{ child, source?, id?, number? }], more }`: `more` if there are others that are not listed.
 */
export async function childrenOf(Papa, run, wanted) {
  const text = wanted.trim();
  const found = recordsWithId(Papa, run.text.children, text).map(([source, id, child]) => ({ child, source, id }));
  if (/^\d+$/.test(text) && run.text.children.includes(`,${text}\n`)) found.push({ child: text });
  const { children, more } = await childrenOfNumber(Papa, run, text);
  found.push(...children.map((child) => ({ child, number: true })));
  return { found: found.slice(0, MOST_FOUND), more: more || found.length > MOST_FOUND };
}

/** A child: its records, or the first of very many, and the links between them. */
export function clusterOf(Papa, { children, links }, child) {
  const members = [];
  let records = 0;
  for (const end of placesOf(children, `,${child}\n`)) {
    records += 1;
    if (records > MOST_MEMBERS) continue;
    const [source, id] = line(Papa, children, children.lastIndexOf("\n", end) + 1);
    members.push({ source, id });
  }
  return { child, records, members, edges: edgesOf(Papa, links, members) };
}

/** The rows of the file of children with this record id. */
function recordsWithId(Papa, children, id) {
  if (id === "") return [];
  return [...placesOf(children, `,${field(id)},`)]
    .map((place) => line(Papa, children, children.lastIndexOf("\n", place) + 1))
    .filter(([, found]) => found === id);
}

function edgesOf(Papa, links, members) {
  const place = new Map(members.map(({ source, id }, index) => [`${source}\n${id}`, index]));
  return members.flatMap(({ source, id }, left) =>
    [...placesOf(links, `\n${field(source)},${field(id)},`)].flatMap((start) => {
      const [, , rightSource, rightId, weight, , decision, guards] = line(Papa, links, start + 1);
      const right = place.get(`${rightSource}\n${rightId}`);
      return right === undefined
        ? []
        : [{ left, right, weight: Number(weight), decision, guards: guards.split("|").filter(Boolean) }];
    }),
  );
}

/** The numbers of the children that have a record with this NHS number; the files are read again to tell. */
async function childrenOfNumber(Papa, { files, summary, text }, wanted) {
  const figures = wanted.replace(/[\s-]/g, "");
  const keys = new Set();
  if (!/^\d{10}$/.test(figures)) return { children: [], more: false };
  for (const [place, { source: given, ...input }] of files.entries()) {
    const { columns, file: name, encoding } = summary.files[place];
    if (!columns.nhs_number) continue;
    await eachRow(Papa, { ...input, encoding }, (row) => {
      if (row[columns.nhs_number]?.replace(/[\s-]/g, "") !== figures) return false;
      keys.add(`${field(sourceOf(row, columns, given, name))},${field(row[columns.record_id]?.trim() ?? "")}`);
      return keys.size > MOST_FOUND;
    });
  }
  const children = [...keys].map((key) => {
    const start = `\n${text.children}`.indexOf(`\n${key},`);
    return start < 0 ? null : line(Papa, text.children, start)[2];
  });
  return { children: [...new Set(children.filter(Boolean))], more: keys.size > MOST_FOUND };
}

/** Under which source a row stands: given for its file, or its own, or else called as the file is. */
const sourceOf = (row, columns, given, name) =>
  given || (columns.source && row[columns.source]?.trim()) || name.replace(/\.[^.]*$/, "");

/** Calls `work` with each row by the names of its columns, until it answers true. */
async function eachRow(Papa, { content, names, encoding }, work) {
  if (names) {
    for await (const rows of chunksOf(content)) {
      if (rows.some((row) => work(Object.fromEntries(names.map((name, place) => [name.trim(), row[place]]))))) return;
    }
    return;
  }
  await new Promise((resolve, reject) => {
    Papa.parse(new File([content], "rows"), {
      header: true,
      // The core names columns without the spaces round them.
      transformHeader: (name) => name.trim(),
      skipEmptyLines: true,
      encoding,
      delimitersToGuess: [",", "|", ";", "\t"],
      beforeFirstChunk: (text) => text.replace(/^\uFEFF/, "").replace(TOLD, ""),
      error: reject,
      complete: resolve,
      step: ({ data }, parser) => work(data) && parser.abort(),
    });
  });
}

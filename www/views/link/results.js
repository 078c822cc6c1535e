import { loadCharts } from "../../core.js";
import { breath, h } from "../../dom.js";
import { downloadLink } from "../../parts/download.js";
import { button } from "../../parts/form.js";
import { table } from "../../parts/table.js";
import { offerRun } from "../../session.js";
import { FIELDS, count, number, sentence } from "../../words.js";
import { clusterSizes, weights } from "./charts.js";
import { clusterSearch } from "./cluster.js";
import { levels } from "./model.js";

/** What a run came to, as far as it can be shown at once: its headline and counts. `more` adds the rest piece by piece. */
export function results({ summary, model, notes, blobs, seconds, workers }, runner) {
  const saved = ([name, blob]) => h("li", {}, downloadLink(name, blob));
  const report = h("li", {}, "report.html and statistics.json: being drawn…");
  const place = h(
    "div",
    { class: "app-part" },
    h(
      "h2",
      { class: "nhsuk-heading-l" },
      `${number(summary.linkage.records)} records are ${count(summary.linkage.children, "child", "children")}`,
    ),
    h(
      "p",
      {},
      `Linked in ${seconds.total.toFixed(1)} seconds: ${times(seconds)}; read by ${count(workers, "worker")}.`,
    ),
    notes.length > 0 &&
      h(
        "div",
        { class: "nhsuk-inset-text" },
        h("h3", { class: "nhsuk-heading-s" }, "What the lists could not be used for"),
        h(
          "ul",
          { class: "nhsuk-list nhsuk-list--bullet" },
          notes.map((note) => h("li", {}, sentence(note))),
        ),
      ),
    counts(summary),
    h(
      "div",
      { class: "nhsuk-button-group" },
      button(`Review the ${count(summary.linkage.review, "doubtful pair")}`, () => review(blobs), {
        id: "link-review",
        disabled: summary.linkage.review + summary.linkage.restricted === 0,
      }),
    ),
    h("h3", { class: "nhsuk-heading-m" }, "Save the results"),
    h(
      "ul",
      { class: "nhsuk-list" },
      Object.entries(blobs).map(saved),
      report,
    ),
  );
  return {
    place,
    async more() {
      // Asked for at once: whoever looks a child up later gets an answer after both.
      const counted = runner.ask("digest");
      const drawn = runner.ask("report").then(
        (files) => report.replaceWith(...Object.entries(files).map(saved)),
        (cause) => (report.textContent = `The report could not be drawn: ${cause.message}`),
      );
      const [d3, digest] = await Promise.all([loadCharts(), counted, drawn]);
      const pieces = [
        () => weights(d3, digest.weights, model.thresholds),
        () => clusterSizes(d3, digest.sizes),
        () => clusterSearch(d3, runner),
        () => quality(summary),
        () => columnsUsed(summary),
        ...levels(d3, model),
      ];
      for (const piece of pieces) {
        place.append(piece());
        await breath();
      }
    },
  };
}

const NAMES = {
  read: "reading",
  build: "sorting",
  train: "learning",
  link: "linking",
  write: "writing",
};
const times = (seconds) =>
  Object.entries(NAMES)
    .filter(([phase]) => seconds[phase] !== undefined)
    .map(([phase, name]) => `${name} ${seconds[phase].toFixed(1)}`)
    .join(", ");

function review(blobs) {
  offerRun(
    ["review.csv", "restricted.csv", "children.csv", "summary.json"].map((name) => new File([blobs[name]], name)),
  );
  location.hash = "#/review";
}

/** The counts, in an order in which they can be added up. */
function counts({ rows, linkage, quarantined }) {
  const reasons = Object.entries(quarantined)
    .map(([reason, many]) => `${reason}: ${number(many)}`)
    .join(", ");
  const lines = [
    ["Rows read", rows.read, ""],
    ["Rows accepted as records", rows.accepted, `${number(rows.read)} read less ${number(rows.quarantined)} set aside`],
    ["Rows set aside", rows.quarantined, reasons || "none"],
    ["Children", linkage.children, "groups of records that are of one child"],
    ["Candidate pairs compared", linkage.candidate_pairs, ""],
    ["Pairs linked", linkage.links, ""],
    [
      "Pairs for review",
      linkage.review,
      `${((1000 * linkage.review) / (linkage.records || 1)).toFixed(1)} for every 1,000 records`,
    ],
    ["Pairs in the restricted queue", linkage.restricted, "for those whose task it is"],
  ];
  return table(
    "Counts",
    [
      { head: "What", cell: ([what]) => what },
      { head: "How many", numeric: true, cell: ([, many]) => number(many) },
      { head: "Note", cell: ([, , note]) => note },
    ],
    lines,
  );
}

/** For each source and column: how often it is there, and what is wrong with it. */
function quality({ sources, codes }) {
  const meaning = new Map(codes.map(({ code, message }) => [code, message]));
  const fields = [
    ...new Set(sources.flatMap(({ fields }) => fields.filter(({ present }) => present > 0).map(({ field }) => field))),
  ];
  const of = (source, name) => source.fields.find(({ field }) => field === name);
  const faults = sources.flatMap(({ source, fields }) =>
    fields.flatMap(({ field, findings }) => findings.map((finding) => ({ source, field, ...finding }))),
  );
  return h(
    "div",
    {},
    h("h3", { class: "nhsuk-heading-m" }, "Quality of the data"),
    table(
      "How many records have a value, in per cent, for each source",
      [
        { head: "Column", cell: (field) => FIELDS[field] ?? sentence(field.replaceAll("_", " ")) },
        ...sources.map((source) => ({
          head: `${source.source} (${number(source.records)})`,
          numeric: true,
          cell: (name) => percent(of(source, name)?.present ?? 0, source.records),
        })),
      ],
      fields,
    ),
    faults.length > 0 &&
      table(
        "What was found in the values",
        [
          { head: "Source", cell: ({ source }) => source },
          { head: "Column", cell: ({ field }) => FIELDS[field] ?? field },
          { head: "Found", cell: ({ code }) => sentence(meaning.get(code) ?? code) },
          { head: "Kind", cell: ({ severity }) => sentence(severity) },
          { head: "Records", numeric: true, cell: ({ count: many }) => number(many) },
        ],
        faults,
      ),
  );
}

const percent = (part, whole) =>
  whole === 0 ? "–" : `${((100 * part) / whole).toFixed(part === whole || part === 0 ? 0 : 1)} %`;

/** What each column of each file was taken for in the end. */
function columnsUsed({ files, codes }) {
  const meaning = new Map(codes.map(({ code, message }) => [code, message]));
  const told = ({ code, columns }) => `${sentence(meaning.get(code) ?? code)}${columns.length > 0 ? `: ${columns.join(", ")}` : ""}`;
  const rows = files.flatMap(({ file, columns, findings }) => [
    ...Object.entries(columns).map(([column, name]) => [
      file,
      name,
      FIELDS[column] ?? sentence(column.replaceAll("_", " ")),
    ]),
    ...findings.map((finding) => [file, "", told(finding)]),
  ]);
  return h(
    "details",
    { class: "nhsuk-details" },
    h(
      "summary",
      { class: "nhsuk-details__summary" },
      h("span", { class: "nhsuk-details__summary-text" }, "Columns as they were read"),
    ),
    h(
      "div",
      { class: "nhsuk-details__text" },
      table(
        "Columns as they were read",
        [
          { head: "File", cell: ([file]) => file },
          { head: "Column in the file", cell: ([, name]) => name },
          { head: "Taken for", cell: ([, , column]) => column },
        ],
        rows,
        { hideCaption: true },
      ),
    ),
  );
}

import { loadColumns, loadText } from "../../core.js";
import { announce, h } from "../../dom.js";
import { downloadLink } from "../../parts/download.js";
import { problemOf } from "../../parts/error-summary.js";
import { dropZone, textOf } from "../../parts/files.js";
import { table } from "../../parts/table.js";
import { count, number } from "../../words.js";
import { nameOf, tag } from "./answer.js";
import { childrenFrom } from "./cohort.js";

const OPEN = ["overdue", "due"];
const SHOWN = 200;

/**
 * A list of what is due from files of children, either one JSON object a line, as `childlink schedule` takes them, or
 * delimited text of children and of what was given and done. `settings()` gives the day, the nation and a reader of dates.
 */
export function dueListFromFile(childlink, words, summary, settings) {
  const result = h("div", { id: "due-list-result" });
  const zone = dropZone({
    id: "due-list-file",
    label: "A due list from files",
    hint: "Choose the file of children (CSV) together with the files of doses, and of screens and reviews if there are any; or one file with a child on each line, as JSON. Children are judged by the day and the nation above.",
    multiple: true,
    onfiles: (files) => read(files),
  });

  async function read(files) {
    result.replaceChildren();
    try {
      const texts = await Promise.all(files.map(async (file) => ({ name: file.name, text: await textOf(file) })));
      const { asAt, nation, dateOf } = settings();
      const { Papa } = await loadText();
      const isJson = texts.every(({ text }) => text.trimStart().startsWith("{"));
      const joined = isJson
        ? { lines: texts.map(({ text }) => text).join("\n"), kinds: new Set(["screens", "reviews"]), strangers: 0 }
        : childrenFrom(Papa, texts, { spellings: await loadColumns(), nation, dateOf });
      const scheduled = childlink.scheduleBatch(new TextEncoder().encode(joined.lines), { asAt });
      show(scheduled, joined, Papa);
      summary.clear();
    } catch (cause) {
      summary.tell([{ ...problemOf(cause), field: "due-list-file" }], "The due list could not be made");
    }
  }

  function show({ lines, children, unreadable }, { kinds, strangers }, Papa) {
    const answers = new TextDecoder()
      .decode(lines)
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const rows = answers.flatMap((answer) => dueOf(answer, words, kinds));
    rows.sort((a, b) => OPEN.indexOf(a.status) - OPEN.indexOf(b.status) || (a.due ?? "").localeCompare(b.due ?? ""));
    const csv = Papa.unparse(
      rows.map(({ id, what, dose, status, due, latest }) => ({ id, item: what, dose, status, due, latest })),
      { newline: "\n" },
    );
    const heading = h(
      "h3",
      { class: "nhsuk-heading-m", tabindex: "-1" },
      `${count(rows.length, "item")} due or overdue for ${count(children, "child", "children")}`,
    );
    const told = (many, noun, text) => (many > 0 ? h("p", {}, h("strong", {}, count(many, noun)), ` ${text}`) : "");
    result.replaceChildren(
      heading,
      told(unreadable, "line", "could not be read and is not in the list: its date of birth may be missing."),
      told(strangers, "row", "of what was given or done belongs to no child of the files."),
      h("p", {}, downloadLink("due-list.csv", csv)),
      rows.length > SHOWN ? h("p", {}, `The first ${number(SHOWN)} are shown; the file has all.`) : "",
      rows.length > 0
        ? table(
            "Due list",
            [
              { head: "Child", cell: (row) => row.id ?? "no id" },
              { head: "What", cell: (row) => `${row.name}${row.dose ? `, dose ${row.dose}` : ""}` },
              { head: "Status", cell: (row) => tag(row.status) },
              { head: "Due", cell: (row) => row.due ?? "–" },
            ],
            rows.slice(0, SHOWN),
          )
        : "",
    );
    heading.focus();
    announce(heading.textContent);
  }
  return h(
    "section",
    { class: "app-no-print app-part" },
    h("h2", { class: "nhsuk-heading-l" }, "Many children"),
    zone,
    result,
  );
}

/** What is due or overdue to a child. Screens and reviews count only where files say what was done. */
function dueOf({ id, forecast = [], screens = [], reviews = [] }, words, kinds) {
  return [
    ...forecast.map((entry) => ({ ...entry, what: entry.series, name: nameOf.series(words, entry.series) })),
    ...(kinds.has("screens") ? screens : []).map((entry) => ({
      ...entry,
      what: [entry.kind, entry.condition].filter(Boolean).join(" "),
      name: nameOf.screen(words, entry),
    })),
    ...(kinds.has("reviews") ? reviews : []).map((entry) => ({
      ...entry,
      what: entry.kind,
      name: nameOf.review(words, entry),
    })),
  ]
    .filter(({ status }) => OPEN.includes(status))
    .map((entry) => ({ id, dose: null, latest: null, ...entry }));
}

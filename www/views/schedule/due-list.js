import { loadText, today } from "../../core.js";
import { announce, h } from "../../dom.js";
import { downloadLink } from "../../parts/download.js";
import { problemOf } from "../../parts/error-summary.js";
import { FileProblem, dropZone, textOf } from "../../parts/files.js";
import { table } from "../../parts/table.js";
import { count, number } from "../../words.js";
import { nameOf, tag } from "./answer.js";

const OPEN = ["overdue", "due"];
const SHOWN = 200;

/** A list of what is due from a file of children, one JSON object a line, as `childlink schedule` takes them. */
export function dueListFromFile(childlink, words, summary) {
  const result = h("div", { id: "due-list-result" });
  const zone = dropZone({
    id: "due-list-file",
    label: "A due list from a file",
    hint: "One child on each line, as JSON, with what was given and done. Everyone is judged as at today, or as their line says.",
    onfiles: ([file]) => read(file),
  });

  async function read(file) {
    result.replaceChildren();
    try {
      const text = await textOf(file);
      if (!text.trimStart().startsWith("{")) {
        throw new FileProblem(`“${file.name}” does not hold one JSON object on each line`, "its lines must begin with {; delimited text is for `childlink due-list`");
      }
      const scheduled = childlink.scheduleBatch(new TextEncoder().encode(text), { asAt: today() });
      await show(scheduled);
      summary.clear();
    } catch (cause) {
      summary.tell([{ ...problemOf(cause), field: "due-list-file" }], "The due list could not be made");
    }
  }

  async function show({ lines, children, unreadable }) {
    const { Papa } = await loadText();
    const rows = new TextDecoder().decode(lines).split("\n").filter(Boolean).flatMap((line) => dueOf(JSON.parse(line), words));
    rows.sort((a, b) => OPEN.indexOf(a.status) - OPEN.indexOf(b.status) || (a.due ?? "").localeCompare(b.due ?? ""));
    const csv = Papa.unparse(rows.map(({ id, what, dose, status, due, latest }) => ({ id, item: what, dose, status, due, latest })), { newline: "\n" });
    const heading = h("h3", { class: "nhsuk-heading-m", tabindex: "-1" }, `${count(rows.length, "item")} due or overdue for ${count(children, "child", "children")}`);
    result.replaceChildren(
      heading,
      unreadable > 0 ? h("p", {}, h("strong", {}, `${count(unreadable, "line")} could not be read`), " and are not in the list.") : "",
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
  return h("section", { class: "app-no-print app-part" }, h("h2", { class: "nhsuk-heading-l" }, "Many children"), zone, result);
}

function dueOf(answer, words) {
  const { id, forecast = [], screens = [], reviews = [] } = answer;
  return [
    ...forecast.map((entry) => ({ ...entry, what: entry.series, name: nameOf.series(words, entry.series) })),
    ...screens.map((entry) => ({ ...entry, what: [entry.kind, entry.condition].filter(Boolean).join(" "), name: nameOf.screen(words, entry) })),
    ...reviews.map((entry) => ({ ...entry, what: entry.kind, name: nameOf.review(words, entry) })),
  ]
    .filter(({ status }) => OPEN.includes(status))
    .map((entry) => ({ id, dose: null, latest: null, ...entry }));
}

import { loadColumns, openWorker, today } from "../../core.js";
import { announce, h } from "../../dom.js";
import { downloadLink } from "../../parts/download.js";
import { problemOf } from "../../parts/error-summary.js";
import { dropZone } from "../../parts/files.js";
import { button } from "../../parts/form.js";
import { table } from "../../parts/table.js";
import { count, number, shortDate } from "../../words.js";
import { nameOf, tag } from "./answer.js";

/**
 * A list of what is due from files of children, either one JSON object a line, as `childlink schedule` takes them, or
 * delimited text of children and of what was given and done. `settings()` gives the day and the nation.
 */
export function dueListFromFile(words, summary, settings) {
  const result = h("div", { id: "due-list-result" });
  const bar = h("progress", { class: "app-progress", max: 1, value: 0, "aria-label": "How far the due list is" });
  const told = h("p", { id: "due-list-progress" });
  const working = h(
    "div",
    { hidden: true },
    bar,
    told,
    button("Cancel", () => runner?.end(), { kind: "secondary", id: "due-list-cancel" }),
  );
  const zone = dropZone({
    id: "due-list-file",
    label: "A due list from files",
    hint: "Choose the file of children (CSV) together with the files of doses, and of screens and reviews if there are any; or one file with a child on each line, as JSON. Children are judged by the day and the nation above.",
    multiple: true,
    onfiles: (files) => read(files),
  });
  let runner = null;

  async function read(files) {
    result.replaceChildren();
    runner?.end();
    const mine = openWorker("views/schedule/due-list-worker.js", ({ done, total }) => {
      bar.value = total > 0 ? done / total : 0;
      told.textContent = `${number(done)} of ${count(total, "child", "children")}`;
    });
    runner = mine;
    bar.value = 0;
    told.textContent = "Reading the files…";
    working.hidden = false;
    try {
      const spellings = await loadColumns();
      show(await mine.ask("list", { files, ...settings(), readAsAt: today(), spellings }));
      summary.clear();
    } catch (cause) {
      if (cause.cancelled) announce("The due list was cancelled");
      else summary.tell([{ ...problemOf(cause), field: "due-list-file" }], "The due list could not be made");
    } finally {
      mine.end();
      if (runner === mine) working.hidden = true;
    }
  }

  function show({ rows, many, children, unreadable, strangers, csv }) {
    const heading = h(
      "h3",
      { class: "nhsuk-heading-m", tabindex: "-1" },
      `${count(many, "item")} due or overdue for ${count(children, "child", "children")}`,
    );
    const note = (many, noun, text) => (many > 0 ? h("p", {}, h("strong", {}, count(many, noun)), ` ${text}`) : "");
    result.replaceChildren(
      heading,
      note(unreadable, "line", "could not be read and is not in the list: its date of birth may be missing."),
      note(strangers, "row", "of what was given or done belongs to no child of the files."),
      h("p", {}, downloadLink("due-list.csv", csv)),
      many > rows.length ? h("p", {}, `The first ${number(rows.length)} are shown; the file has all.`) : "",
      rows.length > 0
        ? table(
            "Due list",
            [
              { head: "Child", cell: (row) => row.id ?? "no id" },
              { head: "What", cell: (row) => `${titleOf(row)}${row.dose ? `, dose ${row.dose}` : ""}` },
              { head: "Status", cell: (row) => tag(row.status) },
              { head: "Due", cell: (row) => (row.due ? shortDate(row.due) : "–") },
            ],
            rows,
          )
        : "",
    );
    heading.focus();
    announce(heading.textContent);
  }
  const titleOf = ({ of, kind, condition }) =>
    of === "series" ? nameOf.series(words, kind) : nameOf[of](words, { kind, condition });

  return h(
    "section",
    { class: "app-no-print app-part" },
    h("h2", { class: "nhsuk-heading-l" }, "Many children"),
    zone,
    working,
    result,
  );
}

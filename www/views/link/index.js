import { loadColumns, loadText, openWorker } from "../../core.js";
import { announce, focusOn, h } from "../../dom.js";
import { errorSummary, problemOf } from "../../parts/error-summary.js";
import { FileProblem, dropZone, lookAt } from "../../parts/files.js";
import { button, formGroup, input } from "../../parts/form.js";
import { count, number } from "../../words.js";
import { columnChoice, namesFor, problemsOf, readHead, recognise, withHeader } from "./columns.js";
import { knownLists } from "./lists.js";
import { isParquet, parquetHead } from "./parquet.js";
import { progressOf } from "./progress.js";
import { results } from "./results.js";

const SAMPLE = ["chis-01.csv", "chis-02.csv", "chis-04.csv", "maternity-03.csv"];

/** The Link page: files in, children out, in a worker of this browser. */
export async function show(view) {
  const [text, spellings] = await Promise.all([loadText(), loadColumns()]);
  const summary = errorSummary();
  let chosen = [];
  let runner = null;

  const list = h("div", { id: "link-files-chosen", class: "app-cards" });
  const within = h("input", { class: "nhsuk-checkboxes__input", type: "checkbox", id: "link-only" });
  const start = h("div", { class: "nhsuk-button-group" });
  const progress = progressOf(cancel);
  const stage = h("div", { id: "link-result" });
  const known = knownLists(text.Papa, summary);
  const choice = h("div", { hidden: true });

  async function take(files) {
    const problems = [];
    for (const file of files) {
      try {
        chosen.push(await openFile(file));
      } catch (cause) {
        problems.push({ ...problemOf(cause), field: "link-files" });
      }
    }
    if (problems.length > 0)
      summary.tell(problems, problems.length === 1 ? "A file cannot be used" : "Some files cannot be used");
    else summary.clear();
    draw();
    announce(`${count(chosen.length, "file")} chosen`);
  }

  async function openFile(file) {
    await lookAt(file, { parquet: true });
    if (chosen.some(({ file: other }) => other.name === file.name && other.size === file.size)) {
      throw new FileProblem(`“${file.name}” has been chosen already`, "each file counts once");
    }
    const head = (await isParquet(file)) ? await parquetHead(file) : await readHead(text.Papa, file);
    const columns = recognise(head.header, spellings);
    return { file, head, columns, suggested: columns, source: "" };
  }

  function draw() {
    choice.hidden = chosen.length === 0;
    list.replaceChildren(...chosen.map((entry, place) => fileCard(entry, place)));
  }

  function fileCard(entry, place) {
    const { file, head, columns } = entry;
    const problems = problemsOf(columns);
    const named = columns.filter(Boolean).length;
    const source = formGroup({
      id: `link-source-${place}`,
      label: "Source system",
      hint: "If left empty, the name of the file",
      control: input({ class: "nhsuk-input nhsuk-input--width-20", value: entry.source }),
    });
    source.control.addEventListener("input", () => (entry.source = source.control.value.trim()));
    const choose = (next) => {
      entry.columns = next;
      const focused = document.activeElement?.id;
      draw();
      document.getElementById(`link-details-${place}`).open = true;
      document.getElementById(focused)?.focus();
    };
    return h(
      "section",
      { class: "nhsuk-card", "aria-label": file.name },
      h(
        "div",
        { class: "nhsuk-card__content" },
        h("h2", { class: "nhsuk-heading-s" }, file.name),
        h(
          "p",
          {},
          `${sizeInWords(file.size)}, ${head.parquet ? head.encoding : head.encoding.toUpperCase()}; ${named} of ${count(columns.length, "column")} recognised.`,
        ),
        problems.length > 0 &&
          h(
            "p",
            {},
            h("strong", { class: "nhsuk-tag nhsuk-tag--red" }, "Needed"),
            ` ${problems.join("; ")}. Choose them below.`,
          ),
        !columns.includes("source") && source.group,
        h(
          "details",
          { class: "nhsuk-details", id: `link-details-${place}`, open: problems.length > 0 },
          h(
            "summary",
            { class: "nhsuk-details__summary" },
            h("span", { class: "nhsuk-details__summary-text" }, "Columns"),
          ),
          h(
            "div",
            { class: "nhsuk-details__text" },
            columnChoice({ name: file.name, prefix: `link-${place}` }, head, columns, choose),
          ),
        ),
        button(`Take ${file.name} away`, () => remove(place), { kind: "secondary" }),
      ),
    );
  }
  function remove(place) {
    chosen = chosen.filter((_, at) => at !== place);
    draw();
    document.getElementById("link-files").focus();
  }

  async function run() {
    const problems = chosen.flatMap(({ file, columns }) =>
      problemsOf(columns).map((text) => ({ text: `“${file.name}”: ${text}`, field: "link-files" })),
    );
    problems.push(...known.problems());
    if (problems.length > 0) return summary.tell(problems);
    const lists = await known.files();
    runner?.end();
    summary.clear();
    stage.replaceChildren();
    runner = openWorker("views/link/worker.js", progress.update);
    const mine = runner;
    const files = chosen.map(({ file, head, columns, suggested, source }) => {
      const own = columns === suggested;
      const names = own ? head.header : namesFor(columns);
      return {
        name: file.name,
        source,
        ...(head.parquet ? { content: file, names } : { content: own ? file : withHeader(file, head, columns) }),
      };
    });
    progress.start(files.reduce((sum, { content }) => sum + content.size, 0));
    try {
      const answer = await mine.ask("link", { files, linkOnly: within.checked, lists });
      const { place, more } = results(answer, mine);
      stage.setAttribute("aria-busy", "true");
      stage.replaceChildren(place);
      progress.stop();
      announce("The records are linked");
      focusOn(stage.querySelector("h2"));
      await more();
    } catch (cause) {
      if (cause.cancelled) announce("The run was cancelled");
      else summary.tell([{ ...problemOf(cause), field: "link-files" }], "The files could not be linked");
    } finally {
      stage.removeAttribute("aria-busy");
      // Another run may have taken the place of this one.
      if (runner === mine || runner === null) progress.stop();
    }
    return undefined;
  }
  function cancel() {
    runner?.end();
    runner = null;
    document.getElementById("link-start").focus();
  }
  async function openSample() {
    chosen = [];
    const files = SAMPLE.map(async (name) => new File([await (await fetch(`sample/${name}`)).blob()], name));
    await take(await Promise.all(files));
  }

  start.append(button("Link the records", run, { id: "link-start" }));
  choice.append(
    h(
      "div",
      { class: "nhsuk-checkboxes nhsuk-checkboxes--small" },
      h(
        "div",
        { class: "nhsuk-checkboxes__item" },
        within,
        h(
          "label",
          { class: "nhsuk-label nhsuk-checkboxes__label", for: "link-only" },
          "Only between sources: each source has no child twice",
        ),
      ),
    ),
    known.place,
    start,
  );
  view.addEventListener("shown", () => known.offerKept().catch(() => {}));
  view.append(
    summary.place,
    h("h1", {}, "Link files of records"),
    h(
      "p",
      {},
      "Finds which records are of one child, within a file and between files. Everything is worked out on this computer. Doubtful pairs are left to a person.",
    ),
    dropZone({
      id: "link-files",
      label: "Files of records",
      hint: "Delimited text (CSV) or Parquet with a record id, the date of birth, and the family name or NHS number. Drop one or many here, or choose them.",
      multiple: true,
      onfiles: take,
    }),
    button("Open the made-up sample", openSample, { kind: "secondary" }),
    list,
    choice,
    progress.place,
    stage,
  );
}

const sizeInWords = (bytes) =>
  bytes < 1e6 ? `${number(Math.ceil(bytes / 1000))} kB` : `${number(Math.round(bytes / 1e6))} MB`;

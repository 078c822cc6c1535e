import { loadFull, loadText, openWorker } from "../../core.js";
import { announce, h } from "../../dom.js";
import { downloadLink } from "../../parts/download.js";
import { errorSummary, problemOf } from "../../parts/error-summary.js";
import { dropZone, textOf } from "../../parts/files.js";
import { button, formGroup, input } from "../../parts/form.js";
import { takeRun } from "../../session.js";
import { count, number } from "../../words.js";
import { fromList, openDecisions, toList } from "./decisions.js";
import { reader } from "./reader.js";

const PRACTICE = ["review.csv", "children.csv", "restricted.csv", "summary.json"];

/** Reads the files of a run in a worker, so that the page stays in the user's hands. */
async function readRun(files) {
  const worker = openWorker("views/review/worker.js");
  try {
    return await worker.ask("read", { files });
  } finally {
    worker.end();
  }
}

/** The Review page: the pairs that a person must decide, one at a time. */
export async function show(view) {
  const [text, decisions] = await Promise.all([loadText(), openDecisions()]);
  const summary = errorSummary();
  const stage = h("div", { id: "review-stage" });
  const kept = h("section", { class: "app-part", id: "review-kept" });
  const name = formGroup({
    id: "review-reader",
    label: "Who is reading",
    hint: "Your initials. They stand beside each decision. A second reader enters their own and does not see what the first decided.",
    control: input({ class: "nhsuk-input nhsuk-input--width-10", maxlength: 40 }),
  });
  let reading = null;

  const begin = async (load) => {
    const who = name.control.value.trim();
    name.fail(who ? "" : "Enter your initials");
    if (!who) return name.control.focus();
    try {
      const [childlink, run] = await Promise.all([loadFull(), load()]);
      reading = reader({ run, who, decisions, childlink, diffChars: text.diffChars, onchange: showKept });
      stage.replaceChildren(
        reading.place,
        button("Other reader or other files", reopen, { kind: "secondary", id: "review-reopen" }),
      );
      opening.hidden = true;
      summary.clear();
      reading.start();
    } catch (cause) {
      summary.tell([{ ...problemOf(cause), field: "review-files" }], "The pairs could not be opened");
    }
  };
  const opening = h(
    "div",
    {},
    name.group,
    dropZone({
      id: "review-files",
      label: "The files of a run",
      hint: "Choose review.csv from the folder that “childlink link” wrote; better, choose it together with children.csv, summary.json and restricted.csv.",
      multiple: true,
      onfiles: (files) => begin(() => readRun(files)),
    }),
    button("Practise on made-up pairs", () => begin(practice), { kind: "secondary" }),
  );
  function reopen() {
    reading = null;
    stage.replaceChildren();
    opening.hidden = false;
    showKept();
    name.control.focus();
  }
  async function practice() {
    const files = PRACTICE.map(async (file) => new File([await (await fetch(`practice/${file}`)).blob()], file));
    return readRun(await Promise.all(files));
  }

  const keptTold = h("p");
  const keptFiles = h("ul", { class: "nhsuk-list" });
  kept.append(
    h("h2", { class: "nhsuk-heading-m" }, "Decisions kept in this browser"),
    keptTold,
    keptFiles,
    h("p", { class: "app-quiet" }, "Give the file to “childlink link --decisions decisions.csv”."),
    dropZone({
      id: "review-import",
      label: "Bring in decisions",
      hint: "A decisions.csv that was saved here or by another reader",
      onfiles: ([file]) => importFrom(file),
    }),
    button("Erase all decisions from this browser", erase, { kind: "warning", id: "review-erase" }),
  );
  const isHidden = (one) => one.restricted || reading?.isRestricted(one);
  const commonList = () => toList(text.Papa, decisions.all().filter((one) => !isHidden(one)));
  const restrictedList = () => toList(text.Papa, decisions.all().filter(isHidden), { restricted: true });

  /** Tells what is kept. The lists themselves are made when they are saved. */
  function showKept() {
    const all = decisions.all();
    const restricted = all.filter(isHidden).length;
    const save = (file, many, list) =>
      many > 0 ? [h("li", {}, downloadLink(file, list, `Save ${file}`), ` (${number(many)})`)] : [];
    keptTold.textContent = `${count(all.length, "decision")}. Only the keys of the records, the decision, the reader, the time, the reason and two hashes are kept, so that closing the tab loses nothing. No name, number or address is.`;
    keptFiles.replaceChildren(
      ...save("decisions.csv", all.length - restricted, commonList),
      ...save("restricted-decisions.csv", reading?.restrictedOpen ? restricted : 0, restrictedList),
    );
  }
  async function importFrom(file) {
    try {
      const list = fromList(text.Papa, await textOf(file), file.name);
      await decisions.bring(list.map((one) => (isHidden(one) ? { ...one, restricted: true } : one)));
      summary.clear();
      showKept();
      reading?.refresh();
      announce(`Brought in ${count(list.length, "decision")}`);
    } catch (cause) {
      summary.tell([{ ...problemOf(cause), field: "review-import" }], "The decisions could not be brought in");
    }
  }
  async function erase() {
    if (!window.confirm("Erase all decisions from this browser? Those not saved as a file are lost.")) return;
    await decisions.erase();
    showKept();
    reading?.refresh();
    announce("All decisions are erased from this browser");
  }

  const waiting = h("div", {});
  view.addEventListener("shown", () => {
    const files = takeRun();
    if (!files) return;
    opening.hidden = false;
    stage.replaceChildren();
    waiting.replaceChildren(
      h(
        "div",
        { class: "nhsuk-inset-text" },
        h("p", {}, "The run of the Link page is ready. Enter your initials and open it."),
        button("Open the run", () => begin(() => readRun(files)), { id: "review-offered" }),
      ),
    );
  });
  view.append(summary.place, h("h1", {}, "Review"), opening, stage, kept);
  opening.insertBefore(waiting, name.group.nextSibling);
  showKept();
}

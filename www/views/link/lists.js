// What is known before a run: decisions of people, barred pairs, merged NHS numbers, and an earlier run.
import { announce, h } from "../../dom.js";
import { problemOf } from "../../parts/error-summary.js";
import { FileProblem, dropZone, lookAt } from "../../parts/files.js";
import { button } from "../../parts/form.js";
import { count } from "../../words.js";
import { openDecisions, toList } from "../review/decisions.js";

const HEAD_BYTES = 4096;

/** Each kind of list: what it is called, and what it is needed with. */
const KINDS = {
  decisions: { name: "decisions" },
  barred: { name: "barred pairs", needs: "key", missing: "the key of the barred pairs, the file that ends in .key" },
  key: { name: "key of the barred pairs", needs: "barred", missing: "the list of barred pairs that the key is for" },
  superseded: { name: "NHS numbers merged into others" },
  previous: { name: "children of an earlier run", needs: "summary", missing: "summary.json of the same run" },
  summary: { name: "summary of an earlier run", needs: "previous", missing: "children.csv of the same run" },
};

/** Which list a file is, told by what it holds. */
async function kindOf(file) {
  await lookAt(file);
  const head = await file.slice(0, HEAD_BYTES).text();
  if (head.trimStart().startsWith("{")) return "summary";
  const header = head
    .slice(0, Math.max(head.indexOf("\n"), 0) || undefined)
    .replace(/^\uFEFF/, "")
    .trim();
  if (/^([0-9a-f]{2}){32,}$/i.test(header) && head.trim() === header) return "key";
  const has = (...columns) =>
    columns.every((column) =>
      header
        .split(",")
        .map((name) => name.trim())
        .includes(column),
    );
  if (has("decision", "reader")) return "decisions";
  if (has("old_nhs_number", "nhs_number")) return "superseded";
  if (has("child_id", "record_id")) return "previous";
  if (has("hash")) return "barred";
  throw new FileProblem(
    `“${file.name}” is none of the lists`,
    "choose decisions.csv, a list that `childlink bar` wrote with its .key file, merged NHS numbers, or children.csv with summary.json",
  );
}

/** The place where lists are given to a run. */
export function knownLists(Papa, summary) {
  const chosen = new Map();
  const own = h("input", { class: "nhsuk-checkboxes__input", type: "checkbox", id: "link-own-decisions" });
  const ownLabel = h("label", { class: "nhsuk-label nhsuk-checkboxes__label", for: own.id });
  const ownItem = h(
    "div",
    { class: "nhsuk-checkboxes nhsuk-checkboxes--small", hidden: true },
    h("div", { class: "nhsuk-checkboxes__item" }, own, ownLabel),
  );
  const list = h("ul", { class: "nhsuk-list", id: "link-lists-chosen" });

  async function take(files) {
    const problems = [];
    for (const file of files) {
      try {
        chosen.set(await kindOf(file), file);
      } catch (cause) {
        problems.push({ ...problemOf(cause), field: "link-lists" });
      }
    }
    if (problems.length > 0) summary.tell(problems, "A list cannot be used");
    else summary.clear();
    draw();
    announce(`${count(chosen.size, "list")} chosen`);
  }
  function draw() {
    list.replaceChildren(
      ...[...chosen].map(([kind, file]) =>
        h(
          "li",
          {},
          h("strong", {}, `${KINDS[kind].name}: `),
          `${file.name} `,
          button("Take away", () => (chosen.delete(kind), draw(), document.getElementById("link-lists").focus()), {
            kind: "secondary",
            class: "app-link",
            "aria-label": `Take away the list ${file.name}`,
          }),
        ),
      ),
    );
  }
  async function kept() {
    return (await openDecisions()).all().filter(({ restricted }) => !restricted);
  }

  return {
    place: h(
      "details",
      { class: "nhsuk-details", id: "link-known" },
      h(
        "summary",
        { class: "nhsuk-details__summary" },
        h(
          "span",
          { class: "nhsuk-details__summary-text" },
          "What is known already: decisions, barred pairs, an earlier run",
        ),
      ),
      h(
        "div",
        { class: "nhsuk-details__text" },
        dropZone({
          id: "link-lists",
          label: "Lists",
          hint: "decisions.csv; a list of barred pairs with its .key file; NHS numbers that were merged (old_nhs_number, nhs_number); children.csv with summary.json of an earlier run, whose children then keep their numbers.",
          multiple: true,
          onfiles: take,
        }),
        list,
        ownItem,
      ),
    ),

    /** Offers what has been decided in this browser. */
    async offerKept() {
      const many = (await kept()).length;
      ownItem.hidden = many === 0;
      if (many === 0) own.checked = false;
      ownLabel.textContent = `Use the ${count(many, "decision")} kept in this browser`;
    },

    /** What is missing beside the lists chosen, in words. */
    problems: () => [
      ...[...chosen.keys()]
        .filter((kind) => KINDS[kind].needs && !chosen.has(KINDS[kind].needs))
        .map((kind) => ({ text: `choose ${KINDS[kind].missing} as well`, field: "link-lists" })),
      ...(own.checked && chosen.has("decisions")
        ? [{ text: "take either the list of decisions or those kept in this browser", field: "link-lists" }]
        : []),
    ],

    /** The lists as the worker takes them. */
    async files() {
      const files = Object.fromEntries(chosen);
      if (own.checked) files.decisions = new Blob([toList(Papa, await kept())]);
      return files;
    },
  };
}

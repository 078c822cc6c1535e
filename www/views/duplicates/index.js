import { loadColumns, openWorker } from "../../core.js";
import { announce, h, renew } from "../../dom.js";
import { problemOf } from "../../parts/error-summary.js";
import { FileProblem, dropZone, lookAt } from "../../parts/files.js";
import { table } from "../../parts/table.js";
import { bits, oddsInWords } from "../../parts/waterfall.js";
import { count, shortDate } from "../../words.js";
import { guardsInWords } from "../review/guards.js";

const MOST_BYTES = 300_000_000;

/** Possible duplicates of the record in the form, in a file that the user has opened. */
export function duplicates(summary) {
  const state = h("p", { id: "duplicates-state", class: "app-quiet" }, "No file is open.");
  const list = h("div", { id: "duplicates-list", "aria-live": "polite" });
  let runner = null;
  let ready = false;
  let asked = 0;

  async function open(file) {
    ready = false;
    list.replaceChildren();
    try {
      await lookAt(file);
      if (file.size > MOST_BYTES)
        throw new FileProblem(`“${file.name}” is too large to be searched here`, "use a file of at most 300 MB");
      state.textContent = `Reading ${file.name}…`;
      runner?.end();
      runner = openWorker("views/duplicates/worker.js");
      const { records } = await runner.ask("load", { file, spellings: await loadColumns() });
      ready = true;
      state.textContent = `${count(records, "record")} of ${file.name} are searched while you type.`;
      announce(state.textContent);
      summary.clear();
      zone.dispatchEvent(new Event("opened"));
    } catch (cause) {
      state.textContent = "No file is open.";
      summary.tell([{ ...problemOf(cause), field: "duplicates-file" }], "The file cannot be searched");
    }
  }

  const zone = dropZone({
    id: "duplicates-file",
    label: "Possible duplicates",
    hint: "Open a file of records (CSV). Once the family name and the date of birth are in, it is searched for the same child.",
    onfiles: ([file]) => open(file),
  });

  return {
    place: h("section", { class: "app-part" }, zone, state, list),
    onopen: (work) => zone.addEventListener("opened", work),

    /** Searches for a record, once it says enough. */
    async search(record) {
      asked += 1;
      const mine = asked;
      if (!ready || !record.birth_date || !record.family_name) return renew(list);
      list.setAttribute("aria-busy", "true");
      const { found, more, skipped } = await runner.ask("find", { record });
      if (mine !== asked) return undefined;
      list.removeAttribute("aria-busy");
      return renew(list, shown(found, more, skipped));
    },
  };
}

function shown(found, more, skipped) {
  if (found.length === 0) return [h("p", {}, "No record of the file looks like this child.")];
  return [
    table(
      `${count(found.length + more, "possible duplicate")}`,
      [
        { head: "Record", cell: (one) => (one.restricted ? "restricted record" : `${one.source} ${one.id}`) },
        { head: "Name", cell: (one) => one.name ?? "" },
        { head: "Date of birth", cell: (one) => shortDate(one.born) },
        {
          head: "Evidence",
          cell: ({ restricted, weight, withheld }) =>
            restricted
              ? "ask those who may see it"
              : `${bits(weight)} bits: ${oddsInWords(weight)}${withheld ? ", without address and practice" : ""}`,
        },
        {
          head: "Bear in mind",
          cell: ({ restricted, decision, guards }) =>
            restricted ? "" : decision === "link" ? "strong evidence" : guardsInWords(guards).join(" "),
        },
      ],
      found,
    ),
    skipped > 0 && h("p", {}, `${count(skipped, "record")} of the same day were not compared.`),
  ].filter(Boolean);
}

// Links files apart from the page, so that the page stays in the user's hands. It holds what came out, and answers
// questions about it; to cancel, the page ends the worker.
import { Linker, comparePair, init, validateRecord } from "../../childlink/full/browser.js";
import { answerWith } from "../../parts/answering.js";
import { Papa } from "../../vendor/text.js";
import { digestOf } from "./digest.js";
import { findCluster, recordsOf } from "./lookup.js";
import { parquetColumns } from "./parquet.js";

const TABLES = ["children", "links", "review", "restricted", "quarantine"];
const PLACES = ["residence", "practice"];
const decoder = new TextDecoder();
let run = null;

const CALLS = {
  async link({ files, linkOnly }) {
    const started = performance.now();
    const seconds = {};
    let phase = "start";
    let since = started;
    const enter = (next) => {
      const now = performance.now();
      seconds[phase] = (seconds[phase] ?? 0) + (now - since) / 1000;
      [phase, since] = [next, now];
    };
    await init();
    const linker = new Linker();
    const total = files.reduce((sum, { content }) => sum + content.size, 0);
    let before = 0;
    for (const { name, content, source, names } of files) {
      const onProgress = ({ done }) => {
        if (phase !== "read") enter("read");
        postMessage({ progress: { phase: "read", done: before + Math.min(done, content.size), total } });
      };
      try {
        const options = source ? { source } : {};
        if (names) {
          onProgress({ done: 0 });
          linker.addColumns(name, await parquetColumns(content, names, () => {}), options);
        } else {
          await linker.addFile(name, content, { ...options, onProgress });
        }
      } catch (cause) {
        cause.message = `“${name}”: ${cause.message}`;
        throw cause;
      }
      before += content.size;
    }
    const onProgress = ({ phase: next, done, total }) => {
      if (phase !== next) enter(next);
      postMessage({ progress: { phase: next, done, total } });
    };
    const linkage = await linker.link({ linkOnly, onProgress });
    enter("digest");
    const text = Object.fromEntries(["children", "links"].map((name) => [name, decoder.decode(linkage[name])]));
    run = { files, text, summary: linkage.summary, model: linkage.model };
    const digest = digestOf(Papa, text);
    const blobs = Object.fromEntries(
      TABLES.map((name) => [`${name}.csv`, new Blob([linkage[name]], { type: "text/csv" })]),
    );
    for (const name of ["summary", "model"]) {
      blobs[`${name}.json`] = new Blob([`${JSON.stringify(linkage[name], null, 2)}\n`], { type: "application/json" });
    }
    enter("done");
    seconds.total = (performance.now() - started) / 1000;
    return { summary: linkage.summary, model: linkage.model, digest, blobs, seconds };
  },

  find: ({ wanted }) => findCluster(Papa, run.text, wanted),

  /** The waterfall of two members of a child. Where any member is sensitive, what tells of its place is withheld. */
  async explain({ left, right, members }) {
    const records = await recordsOf(Papa, run, members);
    const answer = comparePair(records[left], records[right], { model: run.model });
    if (!records.some((record) => validateRecord(record).sensitive)) return answer;
    const bars = answer.waterfall.bars.map((bar) =>
      PLACES.includes(bar.comparison) ? { ...bar, level: "withheld: sensitive record" } : bar,
    );
    return { ...answer, waterfall: { ...answer.waterfall, bars } };
  },
};

answerWith(CALLS);

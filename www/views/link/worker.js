// Links files apart from the page, so that the page stays in the user's hands. It holds what came out, and answers
// questions about it; to cancel, the page ends the worker.
import { Linker, comparePair, init, validateRecord } from "../../childlink/full/browser.js";
import { WASM, answerWith } from "../../parts/answering.js";
import { Papa } from "../../vendor/text.js";
import { digestOf } from "./digest.js";
import { childrenOfNumber, findCluster, recordsOf } from "./lookup.js";
import { parquetColumns } from "./parquet.js";
import { openReaders, readersFor } from "./readers.js";

const TABLES = ["children", "links", "review", "restricted", "quarantine", "changes"];
const decoder = new TextDecoder();
let run = null;

const CALLS = {
  async link({ files, linkOnly, lists }) {
    const started = performance.now();
    const seconds = {};
    let phase = "start";
    let since = started;
    const enter = (next) => {
      const now = performance.now();
      seconds[phase] = (seconds[phase] ?? 0) + (now - since) / 1000;
      [phase, since] = [next, now];
    };
    // Compiled once, for every worker. Not as it comes in: that asks for a media type that not every server knows.
    const module = await WebAssembly.compile(await (await fetch(WASM)).arrayBuffer());
    await init(module);
    const linker = new Linker();
    const shared = files.filter(({ names }) => !names);
    const workers = readersFor(shared.reduce((sum, { content }) => sum + content.size, 0));
    const readers = workers > 1 && openReaders(module, shared, workers);
    try {
      enter("read");
      await readAll(linker, files, (file) => readers && { share: readers.share(shared.indexOf(file)) });
    } finally {
      readers && readers.end();
    }
    const onProgress = ({ phase: next, done, total }) => {
      if (phase !== next) enter(next);
      postMessage({ progress: { phase: next, done, total } });
    };
    const linkage = await linker.link({ linkOnly, ...(await bytesOfLists(lists)), onProgress });
    enter("digest");
    const text = Object.fromEntries(["children", "links"].map((name) => [name, decoder.decode(linkage[name])]));
    run = { files, text, summary: linkage.summary, model: linkage.model };
    const digest = digestOf(Papa, text);
    const blobs = Object.fromEntries(
      TABLES.filter((name) => linkage[name]).map((name) => [
        `${name}.csv`,
        new Blob([linkage[name]], { type: "text/csv" }),
      ]),
    );
    for (const name of ["summary", "model"]) {
      blobs[`${name}.json`] = new Blob([linkage[`${name}Json`]], { type: "application/json" });
    }
    enter("done");
    seconds.total = (performance.now() - started) / 1000;
    const { summary, model, notes } = linkage;
    return { summary, model, notes, digest, blobs, seconds, workers };
  },

  /** The child of a record id or of its own number; or the children that have a record with an NHS number. */
  async find({ wanted }) {
    const cluster = findCluster(Papa, run.text, wanted);
    if (cluster) return { cluster };
    const children = await childrenOfNumber(Papa, run, wanted);
    return children.length === 1
      ? { cluster: findCluster(Papa, run.text, children[0], { asChild: true }) }
      : { children };
  },

  child: ({ wanted }) => findCluster(Papa, run.text, wanted, { asChild: true }),

  /** The waterfall of two members of a child. Where any member is sensitive, what tells of its place is withheld. */
  async explain({ left, right, members }) {
    const records = await recordsOf(Papa, run, members);
    const answer = comparePair(records[left], records[right], { model: run.model });
    if (!records.some((record) => validateRecord(record).sensitive)) return answer;
    const tellPlace = new Set(run.model.comparisons.filter(tellsPlace).map(({ name }) => name));
    const withheld = { level: "withheld", m: null, u: null, weight: 0, term_frequency: 0 };
    const bars = answer.waterfall.bars.map((bar) => (tellPlace.has(bar.comparison) ? { ...bar, ...withheld } : bar));
    return { ...answer, waterfall: { ...answer.waterfall, bars } };
  },
};

/** Whether a comparison of the model tells of where a child lives. */
const tellsPlace = ({ levels }) => levels.some(({ when }) => /^(residence|practice)\//.test(when ?? ""));

/** Reads all files, those of text together with other workers where there are any. */
async function readAll(linker, files, sharing) {
  const total = files.reduce((sum, { content }) => sum + content.size, 0);
  let before = 0;
  for (const file of files) {
    const { name, content, source, names } = file;
    const onProgress = ({ done }) =>
      postMessage({ progress: { phase: "read", done: before + Math.min(done, content.size), total } });
    try {
      const options = source ? { source } : {};
      if (names) {
        onProgress({ done: 0 });
        linker.addColumns(name, await parquetColumns(content, names, () => {}), options);
      } else {
        await linker.addFile(name, content, { ...options, ...sharing(file), onProgress });
      }
    } catch (cause) {
      if (!cause.message.includes(name)) cause.message = `“${name}”: ${cause.message}`;
      throw cause;
    }
    before += content.size;
  }
}

/** The lists of a run as bytes, as the core takes them. */
async function bytesOfLists({ decisions, superseded, barred, key, previous, summary } = {}) {
  const bytes = async (file) => new Uint8Array(await file.arrayBuffer());
  return {
    ...(decisions && { decisions: await bytes(decisions) }),
    ...(superseded && { superseded: await bytes(superseded) }),
    ...(barred && { barred: { list: await bytes(barred), key: await key.text() } }),
    ...(previous && {
      previous: {
        children: await bytes(previous),
        nextChildId: JSON.parse(await summary.text()).linkage.next_child_id,
      },
    }),
  };
}

answerWith(CALLS);

// Links files apart from the page, so that the page stays in the user's hands. It holds what came out, and answers
// questions about it; to cancel, the page ends the worker.
import { Linker, init } from "../../childlink/app/slim.js";
import { answerWith } from "../../parts/answering.js";
import { Papa } from "../../vendor/text.js";
import { digestOf } from "./digest.js";
import { childrenOf, clusterOf } from "./lookup.js";
import { parquetColumns } from "./parquet.js";
import { openReaders, readersFor } from "./readers.js";

const TABLES = ["children", "links", "review", "restricted", "quarantine", "changes"];
/** Built for runs of linkage, and able to draw their report. */
const WASM = new URL("../../childlink/app/childlink.wasm", import.meta.url);
const READER = new URL("reader.js", import.meta.url);
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
    const readers = workers > 1 && openReaders(READER, module, shared, workers);
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
    const linkage = await linker.link({ linkOnly, ...(await bytesOfLists(lists)), onProgress, keepRun: true });
    enter("hand over");
    run = { files, linker, tables: linkage, summary: linkage.summary, model: linkage.model };
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
    blobs["run.json"] = new Blob([recordOfRun({ files, lists, seconds, workers })], { type: "application/json" });
    const { summary, model, notes } = linkage;
    return { summary, model, notes, blobs, seconds, workers };
  },

  /** What the charts draw. After the results, as nobody waits for it to see or save them. */
  digest() {
    const { children, links } = run.tables;
    run.text = { children: decoder.decode(children), links: decoder.decode(links) };
    run.tables = null;
    return digestOf(Papa, run.text);
  },

  /** The report of the run and the numbers that it draws. The run stays, to tell why its pairs have their weights. */
  report() {
    const { statisticsJson, report, sensitiveChildren } = run.linker.report();
    run.sensitive = new Set(sensitiveChildren.map(String));
    return {
      "report.html": new Blob([report], { type: "text/html" }),
      "statistics.json": new Blob([statisticsJson], { type: "application/json" }),
    };
  },

  /** The children of a record id, an NHS number, or a number of a child; the one child itself if it is one. */
  async find({ wanted }) {
    const { found, more } = await childrenOf(Papa, run, wanted);
    const children = new Set(found.map(({ child }) => child));
    return children.size === 1 && !more ? { cluster: childOf(found[0].child) } : { found, more };
  },

  child: ({ wanted }) => childOf(wanted),

  /** The waterfall of two records as the run weighed them. Of a sensitive child, what tells of its place is withheld. */
  explain: ({ left, right }) => run.linker.explain(left, right),
};

const childOf = (id) => shown(clusterOf(Papa, run.text, id));

/** A child as the page may show it. */
const shown = (cluster) => ({ ...cluster, sensitive: isSensitive(cluster.child) });

/** Without the report, which tells, any child could be. */
const isSensitive = (child) => run.sensitive?.has(child) ?? true;

/** `run.json`: what a run was told and what it took, as the command line writes it. */
function recordOfRun({ files, lists, seconds, workers }) {
  const nameOf = (list) => lists?.[list]?.name ?? null;
  const run = {
    inputs: {
      columns: null,
      files: files.map(({ name, source }) => ({ path: name, source: source || null })),
      keep: [],
      queries: [],
    },
    lists: { barred: nameOf("barred"), superseded: nameOf("superseded"), traced: [] },
    peak_memory_mib: null,
    seconds,
    seed: 0,
    system: "browser wasm32",
    threads: workers,
    version: CHILDLINK_VERSION,
  };
  return `${JSON.stringify(run, null, 2)}\n`;
}

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
      const told = cause.message.startsWith(`${name}: `) ? cause.message.slice(name.length + 2) : cause.message;
      if (!told.includes(`“${name}”`)) cause.message = `“${name}”: ${told}`;
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

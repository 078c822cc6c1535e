// childlink itself, each size loaded when it is first asked for.
import { openRunner } from "./parts/runner.js";

/** Loads a part once, and asks again after a failure. */
function once(load) {
  let loading;
  return () => {
    loading ??= load().catch((cause) => {
      loading = undefined;
      throw cause;
    });
    return loading;
  };
}

/** Where a file of the app lies: beside the page, wherever the script that asks has been put. */
const at = (path) => new URL(path, document.baseURI);

/** A worker of the app, by the path of its script. */
export const openWorker = (path, onprogress) => openRunner(at(path), onprogress);

/** Loads script and Wasm side by side, and starts them. */
async function started(script, wasm) {
  const [module, response] = await Promise.all([script(), fetch(at(wasm))]);
  await module.init(response);
  return module;
}

/** The small entry: one field or one record. */
export const loadForms = once(() =>
  started(() => import("./childlink/validate/browser.js"), "childlink/validate/childlink.wasm"),
);
/** Everything. */
export const loadFull = once(() =>
  started(() => import("./childlink/full/browser.js"), "childlink/full/childlink.wasm"),
);
/** The titles in the programme files. */
export const loadWords = once(async () => (await fetch(at("words.json"))).json());
/** The spellings of columns. */
export const loadColumns = once(async () => (await fetch(at("columns.json"))).json());
/** Delimited text and differences of texts. */
export const loadText = once(() => import("./vendor/text.js"));
/** The library of the charts. */
export const loadCharts = once(() => import("./vendor/d3.js"));

/** Today by the clock of this computer, `YYYY-MM-DD`: childlink has no clock of its own. */
export function today() {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

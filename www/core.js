// childlink itself, each size loaded when it is first asked for.

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

async function started(module) {
  await module.init();
  return module;
}

/** The small entry: one field or one record. */
export const loadForms = once(async () => started(await import("./childlink/validate/browser.js")));
/** Everything. */
export const loadFull = once(async () => started(await import("./childlink/full/browser.js")));
/** The titles in the programme files. */
export const loadWords = once(async () => (await fetch(new URL("words.json", import.meta.url))).json());
/** The spellings of columns. */
export const loadColumns = once(async () => (await fetch(new URL("columns.json", import.meta.url))).json());
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

// What the charts need of the files of a run, small enough to hand to the page.

/** Half a bit for each bar of the histogram. */
export const BIN = 0.5;

/**
 * The weights by what was decided and whether a rule outranks them, and how many children have how many records.
 * @param text The files `links` and `children` as text.
 */
export function digestOf(Papa, { links, children }) {
  const weights = { link: [], guarded: [], review: [] };
  eachEnd(Papa, links, 4, ([weight, , decision, guards]) => {
    weights[decision === "link" ? (guards ? "guarded" : "link") : guards ? "guarded" : "review"].push(Number(weight));
  });
  const records = new Map();
  eachEnd(Papa, children, 1, ([id]) => {
    const child = Number(id);
    records.set(child, (records.get(child) ?? 0) + 1);
  });
  const sizes = new Map();
  for (const size of records.values()) sizes.set(size, (sizes.get(size) ?? 0) + 1);
  return {
    weights: Object.fromEntries(Object.entries(weights).map(([kind, list]) => [kind, Float64Array.from(list).sort()])),
    sizes: [...sizes].sort(([a], [b]) => a - b),
  };
}

/**
 * Calls `work` with the last fields of each row after the header; these are numbers and words that need no quotes. A file
 * without any quotation mark has a row on each line, and is read backwards from each line's end: ten times as fast.
 */
function eachEnd(Papa, text, count, work) {
  if (text.includes('"')) return eachRow(Papa, text, (row) => work(row.slice(-count)));
  for (let start = text.indexOf("\n") + 1; start > 0 && start < text.length;) {
    const end = text.indexOf("\n", start);
    const fields = [];
    let to = end;
    while (fields.length < count) {
      const comma = text.lastIndexOf(",", to - 1);
      fields.unshift(text.slice(comma + 1, to));
      to = comma;
    }
    work(fields);
    start = end + 1;
  }
  return undefined;
}

/** Calls `work` with the fields of each row after the header. */
function eachRow(Papa, text, work) {
  let header = true;
  Papa.parse(text, {
    delimiter: ",",
    newline: "\n",
    skipEmptyLines: true,
    step: ({ data }) => {
      if (!header) work(data);
      header = false;
    },
  });
}

/** How many of sorted weights are at least `least`. */
export function countFrom(weights, least) {
  let [low, high] = [0, weights.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (weights[middle] < least) low = middle + 1;
    else high = middle;
  }
  return weights.length - low;
}

/** Bars `{ from, kind: count, ... }` of equal width over all weights. */
export function histogram(weights) {
  const bars = new Map();
  for (const [kind, list] of Object.entries(weights)) {
    for (const weight of list) {
      const from = Math.floor(weight / BIN) * BIN;
      if (!bars.has(from)) bars.set(from, { from, link: 0, guarded: 0, review: 0 });
      bars.get(from)[kind] += 1;
    }
  }
  return [...bars.values()].sort((a, b) => a.from - b.from);
}

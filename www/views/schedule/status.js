// How the statuses of a schedule are said and drawn: each by word, shape and sign, so that none needs its colour.

/** By status: what it is called, the colour of its tag, and its mark in the picture. */
export const STATUSES = {
  overdue: { word: "Overdue", tag: "red", mark: "overdue" },
  due: { word: "Due", tag: "blue", mark: "due" },
  "not-yet-due": { word: "Not yet due", tag: "white", mark: "later" },
  complete: { word: "Complete", tag: "green" },
  "too-late": { word: "Too late", tag: "grey", mark: "late" },
  declined: { word: "Declined", tag: "grey" },
  deferred: { word: "Deferred", tag: "yellow", mark: "later" },
  contraindicated: { word: "Contraindicated", tag: "grey" },
  blocked: { word: "Waits for another dose", tag: "yellow", mark: "later" },
  immune: { word: "Immune", tag: "green" },
  "not-required": { word: "Not required", tag: "grey" },
  "not-eligible": { word: "Not eligible", tag: "grey" },
};

/** By mark: how the legend calls it, its shape (in a square of 20 round the middle) and its sign. */
export const MARKS = {
  valid: { word: "given, counts", path: "M0,-9A9,9,0,1,1,0,9A9,9,0,1,1,0,-9Z", sign: "✓" },
  invalid: { word: "given, does not count", path: "M-9,-9H9V9H-9Z", sign: "✕" },
  extra: { word: "given, not needed", path: "M0,-9A9,9,0,1,1,0,9A9,9,0,1,1,0,-9Z", sign: "+" },
  done: { word: "screen or review done", path: "M-9,-6H9V6H-9Z", sign: "✓" },
  due: { word: "due", path: "M0,-11L11,0L0,11L-11,0Z", sign: "" },
  overdue: { word: "due and overdue", path: "M0,-11L11,9H-11Z", sign: "!" },
  late: { word: "too late on the day of “as at”", path: "M-9,-9H9V9H-9Z", sign: "–" },
  later: { word: "due later", path: "M0,-11L11,0L0,11L-11,0Z", sign: "" },
};

// What JavaScript can do wrong, and what must come of it: an error with a code, never a trap. Runs in any
// runtime: `hostile(api)` gives one line for each expectation that failed.

/** @returns {string[]} */
export function hostile(api) {
  const faults = [];
  const { ChildlinkError } = api;

  const expectError = (what, code, work) => {
    try {
      work();
      faults.push(`${what}: nothing thrown`);
    } catch (error) {
      if (!(error instanceof ChildlinkError)) faults.push(`${what}: threw ${error?.name}: ${error?.message}`);
      else if (error.code !== code) faults.push(`${what}: code ${error.code}, expected ${code}`);
      else if (!error.message || !error.hint) faults.push(`${what}: no message or no hint`);
    }
  };
  const expect = (what, got, expected) => {
    if (!Object.is(got, expected)) faults.push(`${what}: got ${String(got)}, expected ${String(expected)}`);
  };

  const notText = [undefined, null, 9434765919, 9434765919n, NaN, true, {}, [], ["9434765919"], Symbol("x"), () => "x", new Date(0)];
  for (const value of notText) {
    const what = typeof value === "symbol" ? "a symbol" : `${typeof value} ${value}`;
    expectError(`parseNhsNumber of ${what}`, "argument/not-text", () => api.parseNhsNumber(value));
    expectError(`formatNhsNumber of ${what}`, "argument/not-text", () => api.formatNhsNumber(value));
    expect(`isNhsNumber of ${what}`, api.isNhsNumber(value), false);
  }
  expectError("no argument", "argument/not-text", () => api.parseNhsNumber());
  expectError("a huge text", "argument/too-long", () => api.parseNhsNumber("9".repeat(2_000_000)));
  expect("isNhsNumber of a huge text", api.isNhsNumber("9".repeat(20_000_000)), false);

  // Lone surrogates have no UTF-8 form: they arrive as U+FFFD, which is no figure.
  for (const text of ["\ud800", "943476591\udc00", "\udc00\ud800", "\ud83d".repeat(1000)]) {
    expect("a lone surrogate is a number", api.parseNhsNumber(text).state === "valid", false);
    expect("isNhsNumber of a lone surrogate", api.isNhsNumber(text), false);
  }
  expect("NUL bytes", api.parseNhsNumber("943\u0000476\u00005919").state, "invalid");

  // After a reset everything works as before.
  api.reset();
  expect("isNhsNumber after a reset", api.isNhsNumber("943 476 5919"), true);
  return faults;
}

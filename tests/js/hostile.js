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

  for (const value of [undefined, null, "9434765919", [9, 4], new ArrayBuffer(10), new Uint16Array(10)]) {
    expectError("checkNhsNumbers of no bytes", "argument/not-bytes", () => api.checkNhsNumbers(value));
  }
  expectError("half a number", "argument/packed-length", () => api.checkNhsNumbers(new Uint8Array(15)));
  const gone = new Uint8Array(10);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  expectError("a detached buffer", "argument/detached", () => api.checkNhsNumbers(gone));
  expect("no numbers at all", api.checkNhsNumbers(new Uint8Array(0)).length, 0);
  const packed = new TextEncoder().encode("943476591994347659181111111111");
  expect("a packed batch", api.checkNhsNumbers(packed).join(), "1,0,0");

  for (const value of [undefined, null, 7, "x", [], Symbol("x")]) {
    expectError("validateRecord of no record", "argument/not-record", () => api.validateRecord(value));
    expectError("normaliseRecord of no record", "argument/not-record", () => api.normaliseRecord(value));
  }
  expectError("a number for a column", "argument/not-text", () => api.validateRecord({ nhs_number: 9434765919 }));
  expectError("an unknown column", "argument/unknown-column", () => api.validateRecord({ dob: "2024-02-29" }));
  expectError("an unknown option", "argument/not-allowed", () => api.validateRecord({}, { as_at: "2024-02-29" }));
  expectError("options of the wrong kind", "argument/not-options", () => api.validateRecord({}, "2024-02-29"));
  expectError("asAt that is no date", "date/no-such-day", () => api.validateRecord({}, { asAt: "2024-02-30" }));
  expectError("an unknown date order", "argument/not-allowed", () => api.parseBirthDate("1/2/24", { dateOrder: "ymd" }));
  expectError("an unknown kind of name", "argument/not-allowed", () => api.parseName("Ann", "middle"));
  const throws = { get given_name() { throw new RangeError("a getter of the caller"); } };
  try {
    api.validateRecord(throws);
    faults.push("a getter that throws: nothing thrown");
  } catch (error) {
    expect("a getter that throws", error.message, "a getter of the caller");
  }
  const odd = { given_name: "\ud800", family_name: "'; DROP TABLE children", postcode: "\u0000", birth_date: "9".repeat(99_999) };
  expect("a record of odd texts", api.validateRecord(odd).ok, false);
  const once = api.normaliseRecord({ given_name: "Zoë-Marie", family_name: "van der O’Brien", postcode: "ls14ap", birth_date: "29/2/2024", address_1: "Flat 2", address_2: "14 High Street" });
  const twice = api.normaliseRecord(once.record);
  expect("normalising twice", JSON.stringify(twice.record), JSON.stringify(once.record));

  // After a reset everything works as before.
  api.reset();
  expect("isNhsNumber after a reset", api.isNhsNumber("943 476 5919"), true);
  return faults;
}

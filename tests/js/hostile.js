// What JavaScript can do wrong, and what must come of it: an error with a code, never a trap. Runs in any
// runtime: `hostile(api, snapshot)` gives one line for each expectation that failed. The index needs a snapshot.
import { hostileToIndexes } from "./hostile-indexes.js";
import { hostileToLinkers } from "./hostile-linkers.js";

/** @returns {Promise<string[]>} */
export async function hostile(api, snapshot) {
  const faults = [];
  const { ChildlinkError } = api;

  const judge = (what, code, error, cause) => {
    if (!(error instanceof ChildlinkError)) faults.push(`${what}: threw ${error?.name}: ${error?.message}`);
    else if (error.code !== code) faults.push(`${what}: code ${error.code}, expected ${code}`);
    else if (!error.message || !error.hint) faults.push(`${what}: no message or no hint`);
    else if (cause !== undefined && error.cause?.message !== cause) faults.push(`${what}: cause ${error.cause?.message}`);
  };
  const expectError = (what, code, work, cause) => {
    try {
      work();
      faults.push(`${what}: nothing thrown`);
    } catch (error) {
      judge(what, code, error, cause);
    }
  };
  const expectRefusal = async (what, code, work, cause) => {
    try {
      await work();
      faults.push(`${what}: nothing thrown`);
    } catch (error) {
      judge(what, code, error, cause);
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
  // What the caller's own objects throw comes as the cause.
  const throws = { get given_name() { throw new RangeError("a getter of the caller"); } };
  const asAt = { get asAt() { throw new RangeError("a getter of the caller"); } };
  for (const call of [api.validateRecord, api.normaliseRecord]) {
    expectError("a getter that throws", "argument/cannot-read", () => call(throws), "a getter of the caller");
    expectError("an option that throws", "argument/cannot-read", () => call({}, asAt), "a getter of the caller");
    expectError("a revoked record", "argument/cannot-read", () => call(revoked()));
    expectError("revoked options", "argument/cannot-read", () => call({}, revoked()));
  }
  expectError("revoked text", "argument/cannot-read", () => api.parseName(revoked([])));
  expectError("revoked bytes", "argument/cannot-read", () => api.checkNhsNumbers(revoked()));
  expectError("revoked options of a date", "argument/cannot-read", () => api.parseBirthDate("1/2/24", revoked()));
  const odd = { given_name: "\ud800", family_name: "'; DROP TABLE children", postcode: "\u0000", birth_date: "9".repeat(99_999) };
  expect("a record of odd texts", api.validateRecord(odd).ok, false);
  const once = api.normaliseRecord({ given_name: "Zoë-Marie", family_name: "van der O’Brien", postcode: "ls14ap", birth_date: "29/2/2024", address_1: "Flat 2", address_2: "14 High Street" });
  const twice = api.normaliseRecord(once.record);
  expect("normalising twice", JSON.stringify(twice.record), JSON.stringify(once.record));

  if (api.schedule) hostileToSchedules(api, { expectError, expect });
  if (api.comparePair) hostileToPairs(api, { expectError, expect });
  if (api.Linker) await hostileToLinkers(api, { expectError, expectRefusal, expect });
  if (api.ChildIndex) await hostileToIndexes(api, { expectError, expectRefusal, expect }, snapshot);

  // After a reset everything works as before.
  api.reset();
  expect("isNhsNumber after a reset", api.isNhsNumber("943 476 5919"), true);
  return faults;
}

const AS_AT = { asAt: "2026-03-02" };

/** A `Uint8Array` whose buffer has been transferred away. */
function detached(length) {
  const bytes = new Uint8Array(length);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** An object that throws whatever is asked of it. */
function revoked(target = {}) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** Data that cannot be handed on: in a circle, with a big integer, or nothing by its own account. */
function* notData() {
  const circle = {};
  circle.doses = [circle];
  yield circle;
  yield { birth_date: 20250105n };
  yield { toJSON: () => undefined };
  yield { get birth_date() { throw new RangeError("a getter of the caller"); } };
}

/** Nested so deep that some runtimes cannot write it as JSON, and others can. */
function deep() {
  let data = {};
  for (let depth = 0; depth < 200_000; depth += 1) data = { doses: [data] };
  return data;
}

/** Whether a call either answers or tells by an error of its own, other than of a trap, why it does not. */
function answersOrTells(api, call) {
  try {
    call();
    return true;
  } catch (error) {
    return error instanceof api.ChildlinkError && error.code !== "wasm/trap";
  }
}

/** `schedule`, `scheduleBatch` and `planVisits`. */
function hostileToSchedules(api, { expectError, expect }) {
  const child = { birth_date: "2025-01-05", doses: [] };
  for (const [name, call] of [["schedule", api.schedule], ["planVisits", api.planVisits]]) {
    for (const value of [undefined, null, 7, NaN, 7n, true, "x", [], [child], Symbol("x"), () => child]) {
      expectError(`${name} of ${typeof value}`, "argument/not-object", () => call(value, AS_AT));
    }
    expectError(`${name} of a revoked child`, "argument/cannot-read", () => call(revoked(), AS_AT));
    for (const value of notData()) expectError(`${name} of no data`, "argument/not-data", () => call(value, AS_AT));
    expectError(`${name} without options`, "argument/not-text", () => call(child));
    expectError(`${name} with null for options`, "argument/not-options", () => call(child, null));
    expectError(`${name} with a date for options`, "argument/not-options", () => call(child, "2026-03-02"));
    expectError(`${name} with an unknown option`, "argument/not-allowed", () => call(child, { ...AS_AT, as_at: "2026-03-02" }));
    for (const asAt of [null, 20260302, new Date(0), ["2026-03-02"]]) {
      expectError(`${name} as at ${typeof asAt}`, "argument/not-text", () => call(child, { asAt }));
    }
    expectError(`${name} as at a huge text`, "argument/too-long", () => call(child, { asAt: "2".repeat(200_000) }));
    expectError(`${name} as at no such day`, "date/no-such-day", () => call(child, { asAt: "2026-02-30" }));
    expectError(`${name} as at half a character`, "date/unreadable", () => call(child, { asAt: "\ud800" }));
  }
  expect("schedule of data nested without end", answersOrTells(api, () => api.schedule(deep(), AS_AT)), true);
  // Half a character has no UTF-8 form, and text in JSON none without it.
  expectError("schedule with half a character", "schedule/line-unreadable", () => api.schedule({ ...child, nation: "\ud800" }, AS_AT));
  // Fields of a child that are of the wrong kind are findings: they do not lose the child.
  const wrong = [7, true, null, "x", [], [[]], {}, { birth_date: {} }, "9".repeat(2_000_000), -1e308, "\u0000"];
  for (const value of wrong) {
    for (const key of ["birth_date", "doses", "nation", "sex", "conditions", "screens", "reviews", "unheard_of"]) {
      const answer = api.schedule({ ...child, [key]: value }, AS_AT);
      expect(`schedule with ${key} of the wrong kind`, Array.isArray(answer.visits ?? []), true);
    }
  }

  for (const value of [undefined, null, 7, "{}", [123], {}, new ArrayBuffer(2), new Uint16Array(2), new DataView(new ArrayBuffer(2)), Symbol("x")]) {
    expectError(`scheduleBatch of ${typeof value}`, "argument/not-bytes", () => api.scheduleBatch(value, AS_AT));
  }
  expectError("scheduleBatch of a detached buffer", "argument/detached", () => api.scheduleBatch(detached(10), AS_AT));
  expectError("scheduleBatch without options", "argument/not-text", () => api.scheduleBatch(new Uint8Array(0)));
  expectError("scheduleBatch as at no such day", "date/no-such-day", () => api.scheduleBatch(new Uint8Array(0), { asAt: "2026-13-01" }));
  expect("scheduleBatch of nothing", api.scheduleBatch(new Uint8Array(0), AS_AT).children, 0);
  // Bytes that are no text, no JSON, no object; brackets without end; a line longer than what is handed over at a time.
  const lines = [[0xff, 0xfe], [0], [0xed, 0xa0, 0x80], ..."x [] {} {\"birth_date\":\"\\ud800\"}".split(" ").map((line) => new TextEncoder().encode(line))];
  lines.push(new Uint8Array(5_000_000).fill(0x5b), new Uint8Array(5_000_000).fill(0x20));
  const batch = new Uint8Array(lines.reduce((length, line) => length + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    batch.set(line, at);
    batch[at + line.length] = 10;
    at += line.length + 1;
  }
  const { children, unreadable } = api.scheduleBatch(batch, AS_AT);
  expect("lines scheduled and lines unreadable, but for the blank one", children + unreadable, lines.length - 1);
}

/** `comparePair`. */
function hostileToPairs(api, { expectError, expect }) {
  const record = { given_name: "ANN", birth_date: "2025-01-05" };
  for (const value of [undefined, null, 7, "x", [], [record], 7n, Symbol("x"), () => record]) {
    expectError("comparePair, left", "argument/not-record", () => api.comparePair(value, record));
    expectError("comparePair, right", "argument/not-record", () => api.comparePair(record, value));
  }
  expectError("comparePair, revoked", "argument/cannot-read", () => api.comparePair(record, revoked()));
  for (const value of [7, true, {}, [], 7n, Symbol("x")]) {
    expectError("comparePair with a field of the wrong kind", "argument/not-text", () => api.comparePair(record, { given_name: value }));
  }
  expectError("comparePair with a huge field", "argument/too-long", () => api.comparePair({ given_name: "A".repeat(2_000_000) }, record));
  expectError("comparePair with an unknown column", "argument/unknown-column", () => api.comparePair(record, { forename: "ANN" }));
  for (const value of [null, 7, "x", [], Symbol("x")]) {
    expectError("comparePair by no model", "argument/not-object", () => api.comparePair(record, record, { model: value }));
  }
  for (const value of notData()) expectError("comparePair by a model that is no data", "argument/not-data", () => api.comparePair(record, record, { model: value }));
  expect("comparePair by a model nested without end", answersOrTells(api, () => api.comparePair(record, record, { model: deep() })), true);
  for (const value of [{}, { id: 7 }, { id: "\ud800" }, { comparisons: [[]] }, { toJSON: () => "child-health" }]) {
    expectError("comparePair by an odd model", "model/unreadable", () => api.comparePair(record, record, { model: value }));
  }
  expectError("comparePair with null for options", "argument/not-options", () => api.comparePair(record, record, null));
  for (const text of ["\ud800", "\udc00\ud800", "\u0000", "\u202e", "\ufeff", "Z\u0301".repeat(20_000), "A".repeat(100_000), "9".repeat(100_000), "\n,\"'"]) {
    const odd = Object.fromEntries(["nhs_number", "given_name", "family_name", "birth_date", "postcode", "address_1"].map((key) => [key, text]));
    for (const other of [odd, record, {}]) {
      expect("the decision about odd texts", ["link", "review", "restricted", "distinct"].includes(api.comparePair(odd, other).decision), true);
    }
  }
  expect("two empty records", api.comparePair({}, {}).decision, "distinct");
}

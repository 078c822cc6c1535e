// Two copies of the package in one program, as nested dependencies bring about: what one made is handed to the other, and
// instances are replaced while they are in use. An error with a code must come of it, never a trap, and no harm to either.
// Runs in any runtime: `twoInstances(one, other)` of two copies of an entry gives a line for each expectation that failed.
// With an index (`childlink/edge`) it needs a snapshot.

/** Rows that take more than one call to read. */
const ROWS = new TextEncoder().encode("record_id,birth_date,family_name\n1,2019-03-12,Okafor\n2,2019-03-12,Lee\n3,2020-01-01,Ng\n");

/** A message that brings a child nobody knows. */
const BIRTH = [
  "MSH|^~\\&|MAT|RVVKC|CHIS|X|20260105101500||ADT^A28|m1|P|2.4",
  "EVN|A28|20260105101500",
  "PID|1||9434765919^^^NHS||Okafor^Zoe||20260105|F\r",
].join("\r");

/** @returns {Promise<string[]>} */
export async function twoInstances(one, other, snapshot) {
  const faults = [];
  const expect = (what, got, expected) => got === expected || faults.push(`${what}: ${got}, not ${expected}`);
  // A method that promises may throw at once or refuse later: both are told.
  const expectError = async (what, code, work) => {
    try {
      await work();
      faults.push(`${what}: nothing thrown`);
    } catch (error) {
      const isTheirs = [one, other].some((api) => error instanceof api.ChildlinkError);
      if (!isTheirs) faults.push(`${what}: threw ${error?.name}: ${error?.message}`);
      else expect(what, error.code, code);
    }
  };
  const bothWork = (when) => {
    for (const api of [one, other]) expect(`isNhsNumber ${when}`, api.isNhsNumber("943 476 5919"), true);
  };
  expect("two copies", one.isNhsNumber === other.isNhsNumber, false);
  if (one.Linker) await linkers(one, other, { expect, expectError, bothWork });
  if (snapshot) await indexes(one, other, snapshot, { expect, expectError, bothWork });
  return faults;
}

/** Every method of a class, and what it is called with. */
const methodsOf = (Class) => Reflect.ownKeys(Class.prototype).filter((key) => key !== "constructor");

async function linkers(one, other, { expect, expectError, bothWork }) {
  const filled = async (api) => {
    const linker = new api.Linker();
    expect("rows", await linker.addFile("a.csv", ROWS), 3);
    return linker;
  };
  const theirs = await filled(one);
  for (const method of methodsOf(other.Linker)) {
    for (const stranger of [theirs, undefined, null, {}, other.Linker.prototype, 7]) {
      const call = () => other.Linker.prototype[method].call(stranger, "a.csv", ROWS);
      await expectError(`${String(method)} of no linker`, "argument/not-linker", call);
    }
  }
  bothWork("after strangers");

  // One copy is started anew: only its own handles are gone.
  const mine = await filled(other);
  other.reset();
  await expectError("a linker of an instance before", "linker/gone", () => mine.link());
  await expectError("columns for a linker of an instance before", "linker/gone", () => mine.addColumns("b", { record_id: ["1"] }));
  mine.free();
  mine.free();
  expect("children that the other copy found", (await theirs.link()).summary.linkage.children, 3);

  // An instance is replaced by a function that it has just asked, or between two steps of one run.
  const replaced = await filled(one);
  await expectError("a file during which the instance is replaced", "wasm/replaced", () =>
    replaced.addFile("b.csv", ROWS, { onProgress: () => one.reset() }));
  await expectError("a linker whose instance was replaced", "linker/gone", () => replaced.link());
  bothWork("after an instance was replaced at work");
  for (const phase of ["build", "train", "link", "write"]) {
    const linker = await filled(one);
    const onProgress = (progress) => progress.phase === phase && one.reset();
    await expectError(`a run whose instance is replaced before it can ${phase}`, "linker/gone", () => linker.link({ onProgress }));
  }
  // Both at work at once: one reads for the other, and is replaced meanwhile.
  const outer = await filled(one);
  const inner = await filled(other);
  let row = 0;
  const more = () => ({ record_id: [`${row++}`], birth_date: ["2019-03-12"], nhs_number: ["9434765919"] });
  const nested = { onProgress: () => inner.addColumns("c", more(), { source: "c" }) };
  expect("rows while the other copy is at work", await outer.addFile("b.csv", ROWS, nested), 3);
  expect("rows while the other copy is replaced", await outer.addFile("c.csv", ROWS, { onProgress: () => other.reset() }), 3);
  await expectError("the one that was replaced", "linker/gone", () => inner.link());
  expect("rows of the one that was not", (await outer.link()).summary.rows.read, 9);
  bothWork("after all that");
}

async function indexes(one, other, snapshot, { expect, expectError, bothWork }) {
  const theirs = await one.ChildIndex.load(snapshot);
  const heard = new one.Notifications(theirs);
  const children = theirs.stats().children;
  await expectError("notifications of a strange index", "argument/not-index", () => new other.Notifications(theirs));
  for (const [Class, handle, noun] of [[other.ChildIndex, theirs, "index"], [other.Notifications, heard, "notifications"]]) {
    for (const method of methodsOf(Class)) {
      for (const stranger of [handle, undefined, null, {}, Class.prototype, 7]) {
        await expectError(`${String(method)} of no ${noun}`, `argument/not-${noun}`, () => Class.prototype[method].call(stranger, {}));
      }
    }
  }
  bothWork("after strangers for an index");

  const mine = await other.ChildIndex.load(snapshot);
  const listening = new other.Notifications(mine);
  other.reset();
  await expectError("an index of an instance before", "index/gone", () => mine.match({ nhs_number: "9434765919" }));
  await expectError("notifications of an instance before", "notifications/gone", () => listening.receive(new Uint8Array(1)));
  await expectError("settling on an instance before", "index/gone", () => listening.settle(() => {}));
  mine.free();
  listening.free();
  expect("children in the other copy", theirs.stats().children, children);

  // A journal that replaces the instance that writes it.
  heard.receive(new TextEncoder().encode(BIRTH));
  await expectError("an instance replaced by its own journal", "wasm/replaced", () => heard.settle(() => one.reset()));
  await expectError("the index of that instance", "index/gone", () => theirs.stats());
  bothWork("after an index was replaced at work");
}

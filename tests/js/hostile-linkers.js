// What can be done wrong with `Linker` and `readShare`: contents, parts and functions of the caller that throw.

const bytesOf = (text) => new TextEncoder().encode(text);
const ROWS = bytesOf("record_id,family_name,birth_date\n1,Okafor,2024-02-29\n2,Lee,2019-03-12\n");
const WHOLE = { place: 0, of: 1 };

/** A file that breaks off after its first part. */
async function* broken() {
  yield ROWS;
  throw new Error("the disk is gone");
}

/** Contents that cannot be read, by what they are; each with the reason, where every runtime gives the same. */
function* unreadable() {
  yield ["a generator that throws", broken(), "the disk is gone"];
  yield ["an iterable that throws", { [Symbol.asyncIterator]: () => { throw new Error("the disk is gone"); } }, "the disk is gone"];
  yield ["a stream that fails", new ReadableStream({ start: (stream) => stream.error(new Error("the disk is gone")) }), "the disk is gone"];
  const locked = new ReadableStream({ pull: (stream) => stream.close() });
  locked.getReader();
  yield ["a locked stream", locked];
}

export async function hostileToLinkers(api, { expectError, expectRefusal, expect }) {
  const linker = new api.Linker();
  const onPart = () => {};
  for (const [what, content, cause] of unreadable()) {
    await expectRefusal(`addFile of ${what}`, "input/cannot-read", () => linker.addFile("a.csv", content), cause);
  }
  for (const [what, content, cause] of unreadable()) {
    await expectRefusal(`readShare of ${what}`, "input/cannot-read", () => api.readShare("a.csv", content, { ...WHOLE, onPart }), cause);
  }
  for (const parts of [undefined, null, 7, "parts", {}, Symbol("x"), () => [], true]) {
    const shared = () => linker.addFile("a.csv", ROWS, { share: { ...WHOLE, parts } });
    await expectRefusal(`parts that are ${typeof parts}`, "argument/not-parts", shared);
  }
  await expectRefusal("parts that are no bytes", "argument/not-bytes", () => linker.addFile("a.csv", ROWS, { share: { ...WHOLE, parts: [7] } }));
  await expectRefusal("parts that are no parts", "input/damaged", () => linker.addFile("a.csv", ROWS, { share: { ...WHOLE, parts: [ROWS] } }));
  for (const [what, parts, cause] of unreadable()) {
    // The first of them yields a part, which is none.
    if (what === "a generator that throws") continue;
    await expectRefusal(`parts from ${what}`, "input/cannot-read", () => linker.addFile("a.csv", ROWS, { share: { ...WHOLE, parts } }), cause);
  }
  const throwing = () => {
    throw new Error("of the caller");
  };
  await expectRefusal("onPart that throws", "linker/callback", () => api.readShare("a.csv", ROWS, { ...WHOLE, onPart: throwing }), "of the caller");
  await expectRefusal("onProgress that throws", "linker/callback", () => linker.addFile("a.csv", ROWS, { onProgress: throwing }), "of the caller");
  const thrown = { get source() { return throwing(); } };
  await expectRefusal("an option that throws", "argument/cannot-read", () => linker.addFile("a.csv", ROWS, thrown), "of the caller");
  await expectRefusal("an option of a share that throws", "argument/cannot-read", () => api.readShare("a.csv", ROWS, thrown), "of the caller");
  expectError("a column that throws", "argument/cannot-read", () => linker.addColumns("a", { get record_id() { return throwing(); } }), "of the caller");
  expectError("a model that throws", "argument/cannot-read", () => new api.Linker({ get model() { return throwing(); } }), "of the caller");
  expectError("a model that is none", "argument/not-object", () => new api.Linker({ model: 7 }));

  // None of that has spent the linker, or left half a file in it.
  expect("rows after all that", await linker.addFile("a.csv", ROWS), 2);
  expect("rows of a share alone", await linker.addFile("b.csv", ROWS, { share: { ...WHOLE, parts: [] } }), 2);
  expect("records after all that", (await linker.link()).summary.linkage.records, 4);
  await expectRefusal("a linker that has linked", "linker/gone", () => linker.link());
}

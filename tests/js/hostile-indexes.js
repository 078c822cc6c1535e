// What can be done wrong with the child index and messages. What takes an index needs a snapshot of one.

const bytesOf = (text) => new TextEncoder().encode(text);
const RECORD = { nhs_number: "9434765919", birth_date: "2024-02-29" };

export async function hostileToIndexes(api, { expectError, expectRefusal, expect }, snapshot) {
  for (const value of [undefined, null, 7, "<Bundle/>", {}, [1], new ArrayBuffer(4), Symbol("x")]) {
    expectError("parseNotification of no bytes", "argument/not-bytes", () => api.parseNotification(value));
    await expectRefusal("an index of no bytes", "argument/not-bytes", () => api.ChildIndex.load(value));
    expectError("notifications of no index", "argument/not-index", () => new api.Notifications(value));
  }
  // The codes that tests/messages.rs has for the same texts.
  for (const [code, text] of [
    ["notification/unknown-shape", "{}"],
    ["notification/incomplete", '{"resourceType":"Bundle","type":"message"}'],
    ["notification/unknown-shape", '{"resourceType":"Patient"}'],
  ]) {
    expectError(`the message ${text}`, code, () => api.parseNotification(bytesOf(text)));
  }
  for (const value of [undefined, null, 7, "x", [], Symbol("x")]) {
    expectError("operationOutcome of no error", "argument/not-object", () => api.operationOutcome(value));
  }
  expectError("operationOutcome without words", "argument/not-text", () => api.operationOutcome({}));
  expectError("operationOutcome of an odd field", "argument/not-text", () => api.operationOutcome({ code: "a/b", message: "m", field: 7 }));
  expectError("an index by new", "index/not-loaded", () => new api.ChildIndex());
  const broken = new ReadableStream({ start: (stream) => stream.error(new Error("the disk is gone")) });
  await expectRefusal("a snapshot that breaks off", "input/cannot-read", () => api.ChildIndex.load(broken), "the disk is gone");
  await expectRefusal("a snapshot that is none", "index/not-an-index", () => api.ChildIndex.load(new Uint8Array(200)));
  if (snapshot) await hostileToOneIndex(api, { expectError, expectRefusal, expect }, snapshot);
}

async function hostileToOneIndex(api, { expectError, expectRefusal, expect }, snapshot) {
  await expectRefusal("a snapshot cut short", "index/truncated", () => api.ChildIndex.load(snapshot.subarray(0, -1)));
  const index = await api.ChildIndex.load(snapshot);
  const before = JSON.stringify(index.stats());
  for (const value of [undefined, null, 7, "x", [], Symbol("x")]) {
    expectError("match of no record", "argument/not-record", () => index.match(value));
    expectError("upsert of no record", "argument/not-record", () => index.upsert(value));
  }
  expectError("match with an unknown column", "argument/unknown-column", () => index.match({ dob: "2024-02-29" }));
  expectError("match with an unknown option", "argument/not-allowed", () => index.match(RECORD, { from: "births" }));
  expectError("match with an option that throws", "argument/cannot-read", () => index.match(RECORD, { get source() { throw new Error("of the caller"); } }), "of the caller");
  for (const value of [undefined, null, -1, 0.5, NaN, 2 ** 32, "1", 1n]) {
    expectError("removing no record", "argument/not-serial", () => index.remove(value));
    expectError("merging no child", "argument/not-serial", () => index.merge(value, 1));
    expectError("splitting no record", "argument/not-serial", () => index.split([value]));
  }
  for (const value of [undefined, null, 7, "x", {}]) {
    expectError("replaying no journal", "argument/not-bytes", () => index.replay(value));
    expectError("matching no request", "argument/not-bytes", () => index.matchFhir(value));
    expectError("splitting no list", "argument/not-entries", () => index.split(value));
  }
  expect("bytes torn off what is no journal", index.replay(bytesOf("x")).tornBytes, 1);

  const notifications = new api.Notifications(index);
  expectError("receiving no message", "argument/not-bytes", () => notifications.receive("MSH"));
  expectError("settling without a journal", "argument/not-function", () => notifications.settle());
  expect("the index after all that", JSON.stringify(index.stats()), before);
  notifications.free();
  expectError("notifications that were freed", "notifications/gone", () => notifications.restore(new Uint8Array()));
  index.free();
  index.free();
  expectError("an index that was freed", "index/gone", () => index.match(RECORD));
}

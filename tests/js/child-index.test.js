// The child index and its messages in Wasm: the answers of the command line, a journal that survives, wrong use.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as edge from "../../pkg/edge/node.js";
import { native, sampleSnapshot } from "./snapshot.js";
import { twoInstances } from "./two-instances.js";
import { ChildIndex, ChildlinkError, Notifications, checkNhsNumbers, operationOutcome, parseNotification, reset } from "../../pkg/edge/node.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bytes = (text) => new TextEncoder().encode(text);
const refused = (code, work) => assert.rejects(async () => work(), (error) => error instanceof ChildlinkError && error.code === code, code);

/** An immunisation batch file of one row; a person with a number and a name. */
const HEADER =
  "NHS_NUMBER|PERSON_FORENAME|PERSON_SURNAME|PERSON_DOB|PERSON_GENDER_CODE|PERSON_POSTCODE|DATE_AND_TIME|SITE_CODE|SITE_CODE_TYPE_URI|UNIQUE_ID|UNIQUE_ID_URI|ACTION_FLAG|NOT_GIVEN|VACCINATION_PROCEDURE_CODE|RECORDED_DATE|PRIMARY_SOURCE|DOSE_SEQUENCE|VACCINE_PRODUCT_CODE|INDICATION_CODE";
const vaccination = (number, id, action = "new") =>
  bytes(`${HEADER}\n${number}|Zoe|Okafor|20240229|2|LS1 4AP|20260302T10000000|RVVKC|x|${id}|https://supplier.example|${action}||1303503001|20260302|TRUE|1|42605811000001109|\n`);

describe("ChildIndex", { skip: native === undefined && "childlink has not been built" }, () => {
  let folder, snapshot;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "childlink-index-"));
    snapshot = sampleSnapshot();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const ZOE = { nhs_number: "9434765919", given_name: "Zoë", family_name: "Okafor", birth_date: "2024-02-29", postcode: "LS1 4AP" };

  it("loads a snapshot in any pieces, and writes the same one again", async () => {
    const whole = await ChildIndex.load(snapshot);
    const parts = [snapshot.subarray(0, 7), snapshot.subarray(7, 5000), snapshot.subarray(5000)];
    const pieced = await ChildIndex.load(new Blob(parts).stream());
    assert.deepEqual(pieced.stats(), whole.stats());
    assert.ok(whole.stats().children > 0);
    assert.deepEqual(whole.snapshot(), snapshot);
    whole.free();
    pieced.free();
  });

  it("knows a child that came by the journal, and nobody else", async () => {
    const index = await ChildIndex.load(snapshot);
    assert.equal(index.match(ZOE).outcome, "not-found");
    const entry = index.upsert(ZOE, { source: "births" });
    assert.equal(index.match(ZOE).outcome, "not-found", "nothing changes before it is durable");
    assert.deepEqual(index.replay(entry), { applied: 1, passedOver: 0, wholeBytes: entry.length, tornBytes: 0 });
    assert.equal(index.replay(entry).passedOver, 1);
    const { outcome, child, candidates } = index.match({ ...ZOE, given_name: "ZOE" });
    assert.equal(outcome, "link");
    assert.equal(candidates[0].child, child);
    assert.ok(candidates[0].waterfall.bars.length > 5 && candidates[0].match_probability > 0.9);
    const fhir = index.matchFhir(bytes(JSON.stringify({ resourceType: "Patient", birthDate: "2024-02-29", identifier: [{ system: "https://fhir.nhs.uk/Id/nhs-number", value: "9434765919" }], name: [{ family: "Okafor", given: ["Zoe"] }] })));
    assert.equal(fhir.entry[0].resource.id, String(child));
    const torn = new Uint8Array([...index.upsert({ ...ZOE, nhs_number: "4010232137" }), ...index.remove(candidates[0].entry).subarray(0, 5)]);
    const { applied, tornBytes } = index.replay(torn);
    assert.deepEqual([applied, tornBytes], [1, 5]);
    const again = await ChildIndex.load(index.snapshot());
    assert.equal(again.match(ZOE).outcome, index.match(ZOE).outcome);
    index.replay(index.remove(candidates[0].entry));
    assert.ok(!index.match(ZOE).candidates.some((candidate) => candidate.entry === candidates[0].entry));
  });

  it("settles messages in any order, with repeats, to one index, and comes back after a crash", async () => {
    const messages = [vaccination("9434765919", "a"), vaccination("4010232137", "b"), vaccination("9434765919", "a"), vaccination("9434765919", "a", "delete")];
    const states = [];
    for (const order of [messages, [...messages].reverse()]) {
      const index = await ChildIndex.load(snapshot);
      const notifications = new Notifications(index);
      const journal = [];
      let settled;
      for (const message of order) {
        notifications.receive(message);
        settled = notifications.settle(({ entries }) => journal.push(...entries));
      }
      states.push(JSON.stringify({ facts: settled.facts, queue: settled.queue.map(({ code }) => code) }));
      // Started again: the same snapshot, the messages that are kept, the journal.
      const restarted = await ChildIndex.load(snapshot);
      const anew = new Notifications(restarted);
      for (const message of order) anew.receive(message);
      assert.equal(anew.restore(Uint8Array.from(journal)), journal.length);
      assert.deepEqual(anew.settle(() => assert.fail("nothing is new")), { ...settled, changes: 0 });
    }
    assert.equal(states[0], states[1]);
  });

  it("lets decisions and barred pairs change the answer, after a crash too", async () => {
    const index = await ChildIndex.load(snapshot);
    index.replay(index.upsert(ZOE, { source: "births" }));
    const { child } = index.match(ZOE);
    const other = bytes("MSH|^~\\&|MAT|RVVKC|CHIS|X|20260105101500||ADT^A28|m1|P|2.4\rEVN|A28|20260105101500\rPID|1||4010232137^^^NHS||Okafor^Zoe||20240229|F|||^^^LS1 4AP\r");
    const begin = await ChildIndex.load(index.snapshot());
    const notifications = new Notifications(begin);
    notifications.receive(other, "m.hl7");
    const journal = [];
    const settle = () => notifications.settle(({ entries }) => journal.push(...entries));
    const [item] = settle().queue;
    assert.deepEqual([item.code, item.subjects[0].family_name, item.messages[0].whom.length], ["notification/which-child", "Okafor", 32]);
    assert.equal(begin.match({ ...ZOE, nhs_number: "4010232137" }).outcome, "review");
    const decided = { child, reader: "clerk-1", decidedAt: "2026-11-30T10:00:00Z" };
    const entry = begin.decide(item.whom, "same", decided);
    begin.replay(entry);
    journal.push(...entry);
    const { queue, recognised } = settle();
    assert.deepEqual([queue.length, recognised[0].child, recognised[0].birth_date, recognised[0].sex], [0, child, "2024-02-29", "female"]);
    assert.equal(begin.match({ ...ZOE, nhs_number: "4010232137" }).child, child);
    const restarted = await ChildIndex.load(index.snapshot());
    const anew = new Notifications(restarted);
    anew.receive(other);
    anew.restore(Uint8Array.from(journal));
    assert.equal(anew.settle(() => assert.fail("nothing is new")).recognised[0].child, child);

    await refused("decision/verdict", () => begin.decide(item.whom, "perhaps", decided));
    await refused("decision/child", () => begin.decide(item.whom, "same", { ...decided, child: undefined }));
    await refused("decision/child", () => begin.decide(item.whom, "different", { ...decided, child: 4_000_000_000 }));
    await refused("decision/whom", () => begin.decide("x", "unsure", decided));
    await refused("argument/not-text", () => begin.decide(item.whom, "unsure", {}));
    await refused("barred/key", () => begin.setBarred(bytes("hash\n"), "ab"));
    await refused("list/unreadable", () => begin.setBarred(bytes("hash\nxyz\n"), "ab".repeat(32)));
    const pairs = join(folder, "pairs.csv");
    const list = join(folder, "barred.csv");
    writeFileSync(pairs, "source_l,record_id_l,source_r,record_id_r\n,9434765919,,4010232137\n");
    execFileSync(native, ["bar", "--list", list, pairs], { stdio: "pipe" });
    restarted.setBarred(new Uint8Array(readFileSync(list)), readFileSync(`${list}.key`, "utf8").trim());
    const { queue: after, recognised: barred } = anew.settle(() => {});
    assert.deepEqual([after.map(({ code }) => code), barred[0].child], [["notification/restricted"], null]);
    assert.ok(!JSON.stringify(after).includes(`"child":${child}`), "nothing shows that there is a pair");
  });

  it("changes nothing if the journal cannot be written, and tells why", async () => {
    const index = await ChildIndex.load(snapshot);
    const notifications = new Notifications(index);
    const [{ receipt, key }] = notifications.receive(vaccination("9434765919", "a"));
    assert.equal(receipt, "fresh");
    assert.equal(key.channel, "imms-batch");
    assert.equal(notifications.receive(vaccination("9434765919", "a"))[0].receipt, "repeat");
    notifications.receive(bytes("MSH|^~\\&|MAT|RVVKC|CHIS|X|20260105101500||ADT^A28|m1|P|2.4\rEVN|A28|20260105101500\rPID|1||9434765919^^^NHS||Okafor^Zoe||20260105|F\r"));
    const full = new Error("the disk is full");
    assert.throws(() => notifications.settle(() => { throw full; }), { name: "ChildlinkError", code: "journal/not-written", cause: full });
    // Nor if it asks the index that it is about to change.
    assert.throws(() => notifications.settle(() => index.stats()), (error) => error.code === "journal/not-written" && error.cause.code === "index/busy");
    assert.equal(index.stats().applied, 0);
    assert.equal(notifications.settle(() => {}).changes, 1);
    assert.equal(index.stats().applied, 1);
    await refused("argument/not-function", () => notifications.settle());
  });

  it("answers what is no snapshot, no message or wrong use with ChildlinkError", async () => {
    for (const [code, content] of [
      ["index/not-an-index", bytes("no snapshot at all, but long enough to be looked at".repeat(4))],
      ["index/truncated", snapshot.subarray(0, snapshot.length - 1)],
      ["index/damaged", snapshot.map((byte, place) => (place === snapshot.length - 1 ? byte ^ 1 : byte))],
      ["index/trailing-bytes", new Uint8Array([...snapshot, 0])],
      ["argument/not-bytes", "snapshot"],
      ["argument/not-bytes", undefined],
    ]) {
      await refused(code, () => ChildIndex.load(content));
    }
    await refused("index/not-loaded", () => new ChildIndex());
    const index = await ChildIndex.load(snapshot);
    await refused("argument/not-record", () => index.match());
    await refused("argument/unknown-column", () => index.match({ dob: "x" }));
    await refused("argument/not-serial", () => index.remove());
    await refused("argument/not-serial", () => index.merge(1, -1));
    await refused("argument/not-entries", () => index.split(3));
    await refused("argument/not-bytes", () => index.replay("x"));
    await refused("match/no-patient", () => index.matchFhir(bytes('{"resourceType":"Bundle"}')));
    await refused("argument/not-index", () => new Notifications({}));
    await refused("argument/not-bytes", () => parseNotification("<Bundle/>"));
    for (const text of ["", "{", "<a", "MSH", '{"resourceType":"Observation"}', `<!DOCTYPE x [<!ENTITY a "b">]><Bundle>&a;</Bundle>`]) {
      await assert.rejects(async () => parseNotification(bytes(text)), (error) => error instanceof ChildlinkError && error.code !== "wasm/trap", text);
    }
    await refused("argument/not-text", () => operationOutcome({}));
    assert.equal(operationOutcome({ code: "a/b", message: "m" }).issue[0].details.coding[0].code, "a/b");
    index.free();
    index.free();
    await refused("index/gone", () => index.match({}));
    await refused("index/gone", () => new Notifications(index));
  });

  it("is gone after a reset and after a trap, and is loaded again", async () => {
    const index = await ChildIndex.load(snapshot);
    const notifications = new Notifications(index);
    reset();
    await refused("index/gone", () => index.stats());
    await refused("notifications/gone", () => notifications.receive(bytes("{}")));
    index.free();
    const trapped = await ChildIndex.load(snapshot);
    assert.throws(() => checkNhsNumbers(new Uint8Array(4_294_967_000)), { code: "wasm/trap" });
    await refused("index/gone", () => trapped.stats());
    assert.ok((await ChildIndex.load(snapshot)).stats().children > 0);
  });

  it("keeps two copies of the package apart", async () => {
    const copy = join(folder, "pkg");
    cpSync(join(root, "pkg"), copy, { recursive: true });
    assert.deepEqual(await twoInstances(edge, await import(join(copy, "edge", "node.js")), snapshot), []);
  });
});

// What else waits for somebody: numbers to be read again, what could not be read, and the restricted queue.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { code, receipts } from "./driver.js";
import { ZOE, announced, batch, row } from "./messages.js";
import { root } from "./world.js";

const published = (name) => readFileSync(join(root, "tests", "cases", "messages", name), "utf8");
/** Of the publishers' examples: both speak of this number. */
const CHANGED = "9912003888";
/** A child of the snapshot under another family name and a number of its own: an adopted child's two identities look so. */
const ADA = { number: "9990000042", given: "Ada", family: "Zabriskie", born: "20250607", sex: "F", postcode: "LS6 2AB", line: "12 Orchard Row" };

export function queueTests({ edge: current, sqlite }) {
  const last = (edge) => edge.rows(sqlite, "SELECT action, about, status FROM audit ORDER BY id DESC LIMIT 1")[0];

  it("tells which NHS numbers are to be read again, and that through a kill", async () => {
    const edge = current();
    await edge.anew("read-again");
    for (const name of ["nems_PDS-Record-Change.xml", "mns_pds-change-of-gp-2.json"]) {
      assert.deepEqual(receipts(await edge.submit(published(name))), ["fresh"], name);
    }
    await edge.restart();
    const answer = await edge.ask("GET", "/read-again", { scope: "review" });
    assert.deepEqual([answer.status, answer.body], [200, { nhs_numbers: [CHANGED] }]);
    assert.equal((await edge.counts()).read_again, 1);
    assert.equal((await edge.ask("GET", "/read-again", { scope: "submit metrics" })).status, 403);
    await edge.ask("GET", "/read-again");
    await edge.stop();
    assert.deepEqual(last(edge), { action: "readAgain", about: "numbers 1", status: 200 });
  });

  it("gives back what it could not read, as it came", async () => {
    const edge = current();
    await edge.anew("quarantine");
    const whole = '<Bundle xmlns="http://hl7.org/fhir"><secret value="Okaför"/>';
    const half = batch(row("q1", ZOE), "9434765919|Okafor|too few fields\n");
    await edge.submit(whole);
    await edge.submit(half);
    const { items } = (await edge.ask("GET", "/quarantine", { scope: "review" })).body;
    assert.deepEqual(items.map(({ row }) => row).sort(), [1, 3]);
    assert.ok(items.every(({ digest, reason, received }) => /^[0-9a-f]{64}$/.test(digest) && reason.includes("/") && received));
    const headers = { authorization: `Bearer ${await edge.world.token("review")}` };
    for (const [wanted, { digest }] of [[whole, items.find(({ row }) => row === 1)], [half, items.find(({ row }) => row === 3)]]) {
      const response = await edge.fetch(`/quarantine/${digest}`, { headers });
      assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/octet-stream"]);
      assert.equal(Buffer.from(await response.arrayBuffer()).toString(), wanted);
    }
    // A message that was read is not to be had by its digest.
    await edge.submit(announced("m1", ZOE));
    const { digest } = (await edge.ask("GET", "/quarantine")).body.items[0];
    assert.equal((await edge.ask("GET", `/quarantine/${"0".repeat(64)}`)).status, 404);
    assert.equal((await edge.ask("GET", `/quarantine/${digest}`, { scope: "submit match" })).status, 403);
    await edge.stop();
    const audited = edge.rows(sqlite, "SELECT about, status FROM audit WHERE action = 'quarantined' ORDER BY id");
    assert.deepEqual(audited.map(({ status }) => status), [200, 200, 404, 403]);
    assert.ok(items.every((item) => audited.some(({ about, status }) => about === item.digest && status === 200)));
  });

  it("tells of the restricted queue keys alone, and to nobody who reads the common one", async () => {
    const edge = current();
    await edge.anew("restricted");
    assert.deepEqual(receipts(await edge.submit(announced("a1", ADA))), ["fresh"]);
    assert.deepEqual(await edge.items(), []);
    const denied = await edge.ask("GET", "/restricted", { scope: "submit match review schedule journal metrics" });
    assert.deepEqual([denied.status, code(denied)], [403, "token/scope"]);
    const { status, text, body } = await edge.ask("GET", "/restricted", { scope: "restricted" });
    assert.equal(status, 200, text);
    const [item] = body.items;
    assert.equal(body.items.length, 1, text);
    assert.deepEqual(Object.keys(item).sort(), ["code", "messages", "restricted"]);
    assert.equal(item.code, "notification/restricted");
    assert.deepEqual(item.messages.map(({ channel, id }) => [channel, id]), [["hl7v2", "a1"]]);
    assert.deepEqual(Object.keys(item.messages[0]).sort(), ["channel", "digest", "event", "id", "source"]);
    assert.equal(item.restricted.length, 1, text);
    assert.deepEqual(Object.keys(item.restricted[0]).sort(), ["child", "entry", "guards"]);
    for (const told of [ADA.number, ADA.given, ADA.family, "Fenwick", ADA.postcode, "2025-06-07"]) assert.ok(!text.includes(told), told);
    assert.deepEqual(await edge.counts().then(({ restricted, queue }) => [restricted, queue]), [1, 0]);
    await edge.stop();
    const [audited] = edge.rows(sqlite, "SELECT about FROM audit WHERE action = 'restricted' AND status = 200");
    assert.equal(audited.about, `items 1:${item.restricted[0].child}`);
  });
}

// The journal that goes to the project, and the next snapshot that comes from there: nothing that was learned in between is
// lost, and nobody gets another serial.
import assert from "node:assert/strict";
import { it } from "node:test";
import { code, receipts } from "./driver.js";
import { ZOE, announced, batch, bloodSpot, merged, row } from "./messages.js";
import { IVO, IVO_IN_SNAPSHOT } from "./review.js";
import { NORA, NORA_IN_SNAPSHOT, encrypt } from "./world.js";

const MAX = { number: "9990000050", given: "Max", family: "Ibarra", born: "20260111", sex: "M", postcode: "LS2 7QD", line: "5 Quay Street" };

export function changeoverTests({ edge: current, sqlite }) {
  const idsOf = async (edge, child) => ((await edge.match(child)).body.entry ?? []).map(({ resource }) => resource.id);

  /** All of the journal behind a change, and how far it goes. */
  async function journalOf(edge, after = 0) {
    const headers = { authorization: `Bearer ${await edge.world.token("journal")}` };
    const response = await edge.fetch(`/journal?after=${after}`, { headers });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    return { bytes: Buffer.from(await response.arrayBuffer()), last: Number(response.headers.get("journal-last")), end: Number(response.headers.get("journal-end")) };
  }

  /** What a clerk did to Ivo's message, after births and a dose. */
  async function day(edge) {
    for (const body of [announced("z1", ZOE), announced("x1", MAX), batch(row("v1", ZOE)), bloodSpot("b1", ZOE), announced("r1", IVO)]) {
      assert.deepEqual(receipts(await edge.submit(body)), ["fresh"]);
    }
    const item = (await edge.items()).find(({ code }) => code === "notification/which-child");
    const [ivo] = await idsOf(edge, { ...IVO, number: IVO_IN_SNAPSHOT });
    assert.equal((await edge.decide(item.id, { decision: "same", child: Number(ivo) })).status, 200);
  }

  /** What is known of the children, decisions and schedules. */
  async function known(edge) {
    const ids = await Promise.all([ZOE, MAX, IVO].map((child) => idsOf(edge, child)));
    const schedules = await Promise.all(ids.map(([id]) => edge.ask("GET", `/children/${id}/schedule?asAt=2026-04-01`)));
    const { message, decision, child, dose, outcome, index, queue } = await edge.counts();
    const decided = (await edge.ask("GET", "/review?decided=true")).body;
    return { ids, schedules: schedules.map(({ status, body }) => [status, body]), message, decision, child, dose, outcome, queue, children: index.children, applied: index.applied, decided };
  }

  it("hands out its journal under a scope of its own, from any change on", async () => {
    const edge = current();
    await edge.anew("journal");
    assert.deepEqual(await journalOf(edge), { bytes: Buffer.alloc(0), last: 0, end: 0 });
    await day(edge);
    const { applied } = (await edge.counts()).index;
    const all = await journalOf(edge);
    assert.deepEqual([all.last, all.end], [applied, applied]);
    for (let after = 1; after <= applied; after += 1) {
      const rest = await journalOf(edge, after);
      assert.ok(rest.bytes.length < all.bytes.length && all.bytes.subarray(all.bytes.length - rest.bytes.length).equals(rest.bytes), `after ${after}`);
      assert.equal(rest.last, applied);
    }
    assert.equal((await edge.ask("GET", "/journal", { scope: "submit match review restricted schedule metrics" })).status, 403);
    const answer = await edge.ask("GET", "/journal?after=first");
    assert.deepEqual([answer.status, code(answer)], [400, "request/after"]);
    // The core reads it back: the same changes on the same snapshot are the same index.
    const index = await edge.world.core.ChildIndex.load(edge.world.snapshot);
    assert.deepEqual(index.replay(all.bytes), { applied, passedOver: 0, wholeBytes: all.bytes.length, tornBytes: 0 });
    assert.equal(index.stats().children, (await edge.counts()).index.children);
    index.free();
    await edge.stop();
    const [first] = edge.rows(sqlite, "SELECT about FROM audit WHERE action = 'journal' AND about LIKE 'changes after 0 to _' ORDER BY id DESC LIMIT 1");
    assert.equal(first.about, `changes after 0 to ${applied}`);
  });

  it("goes on with the next snapshot of the same index, and keeps all that it learned", async () => {
    const edge = current();
    await edge.anew("changeover");
    await day(edge);
    const before = await known(edge);
    assert.deepEqual(before.schedules.map(([status]) => status), [200, 200, 200]);
    const journal = await journalOf(edge);
    const { ChildIndex } = edge.world.core;
    const index = await ChildIndex.load(edge.world.snapshot);
    index.replay(journal.bytes.subarray(0, -1));
    const part = index.snapshot();
    index.replay(journal.bytes);
    const next = index.snapshot();
    index.free();
    // One that shows all changes but the last, then one that shows all of them; between them a message comes.
    const late = { ...MAX, number: "9990000069", given: "Uma", family: "Nakata", line: "9 Quay Street" };
    for (const [place, snapshot] of [part, next].entries()) {
      await edge.put("index.clix.enc", await encrypt(snapshot));
      await edge.start();
      if (place === 0) assert.deepEqual(await known(edge), before, "after the first changeover");
      if (place === 0) assert.deepEqual(receipts(await edge.submit(announced("u1", late))), ["fresh"]);
    }
    const after = await known(edge);
    assert.deepEqual(after, { ...before, message: before.message + 1, child: before.child + 1, children: before.children + 1, applied: before.applied + 1 });
    assert.equal((await idsOf(edge, late)).length, 1);
    for (const body of [announced("z1", ZOE), batch(row("v1", ZOE)), announced("r1", IVO)]) assert.deepEqual(receipts(await edge.submit(body)), ["repeat"]);
    // The way back stays open, and the journal is whole.
    await edge.put("index.clix.enc", edge.world.encrypted);
    await edge.start();
    assert.deepEqual(await known(edge), after);
    assert.equal((await journalOf(edge)).last, after.applied);
  });

  it("refuses a snapshot of another index, one that shows changes not made here, and one of which nothing tells", async () => {
    const edge = current();
    await edge.anew("stranger");
    await edge.submit(announced("m1", ZOE));
    const before = await edge.counts();
    const { ChildIndex } = edge.world.core;
    // Another index, in which another child was born: as far on as this one, with other records.
    const another = await ChildIndex.load(edge.world.otherSnapshot);
    const { notes, index } = withBirths(edge, another, [MAX]);
    const strange = index.snapshot();
    notes.free();
    index.free();
    const further = await ChildIndex.load(edge.world.snapshot);
    const two = withBirths(edge, further, [ZOE, MAX]);
    const ahead = two.index.snapshot();
    two.notes.free();
    two.index.free();
    for (const [what, snapshot] of [["another index", strange], ["changes not made here", ahead], ["none of the changes", edge.world.otherSnapshot]]) {
      await edge.put("index.clix.enc", await encrypt(snapshot));
      await edge.start();
      const refused = await edge.ask("GET", "/metrics");
      assert.deepEqual([refused.status, code(refused)], [503, "snapshot/other"], what);
    }
    await edge.put("index.clix.enc", edge.world.encrypted);
    await edge.start();
    assert.deepEqual(await edge.counts(), before, "what was refused changed nothing");
  });

  it("knows the next snapshot by the children of its messages where no record was entered", async () => {
    const edge = current();
    await edge.anew("quiet");
    const ivo = { ...IVO, number: IVO_IN_SNAPSHOT };
    assert.deepEqual(receipts(await edge.submit(batch(row("v1", ivo)))), ["fresh"]);
    const before = await edge.counts();
    assert.deepEqual([before.journal, before.dose, before.index.applied], [0, 1, 0]);
    const [child] = await idsOf(edge, ivo);
    const schedule = await edge.ask("GET", `/children/${child}/schedule?asAt=2026-04-01`);
    for (const [snapshot, status] of [[edge.world.otherSnapshot, 503], [edge.world.laterSnapshot, 200]]) {
      await edge.put("index.clix.enc", await encrypt(snapshot));
      await edge.start();
      const answer = await edge.ask("GET", "/metrics");
      assert.equal(answer.status, status, answer.text);
      if (status === 503) assert.equal(code(answer), "snapshot/other");
    }
    const { index, ...after } = await edge.counts();
    assert.deepEqual(after, (({ index: _, ...rest }) => rest)(before));
    assert.equal(index.children, before.index.children + 1);
    assert.deepEqual(await idsOf(edge, ivo), [child]);
    assert.deepEqual((await edge.ask("GET", `/children/${child}/schedule?asAt=2026-04-01`)).body, schedule.body);
  });

  function withBirths(edge, index, children) {
    const notes = new edge.world.core.Notifications(index);
    children.forEach((child, place) => notes.receive(new TextEncoder().encode(announced(`s${place}`, child))));
    notes.settle(() => {});
    return { notes, index };
  }

  it("leads from a child that was merged to the one that stays", async () => {
    const edge = current();
    await edge.anew("merged");
    const [former, present] = await Promise.all(NORA_IN_SNAPSHOT.map((number) => idsOf(edge, { ...NORA, number }).then(([id]) => id)));
    assert.ok(former && present && former !== present, "two children of the snapshot");
    assert.deepEqual(receipts(await edge.submit(merged("m1", { ...NORA, number: NORA_IN_SNAPSHOT[1] }, NORA_IN_SNAPSHOT[0]))), ["fresh"]);
    const headers = { authorization: `Bearer ${await edge.world.token("schedule")}` };
    const answer = await edge.fetch(`/children/${former}/schedule?asAt=2026-04-01`, { headers, redirect: "manual" });
    assert.deepEqual([answer.status, answer.headers.get("location")], [308, `/children/${present}/schedule?asAt=2026-04-01`], JSON.stringify(await edge.items()));
    assert.deepEqual(await answer.json(), { resourceType: "Patient", id: former, active: false, link: [{ other: { reference: `Patient/${present}` }, type: "replaced-by" }] });
    await edge.restart();
    const followed = await edge.ask("GET", `/children/${former}/schedule?asAt=2026-04-01`);
    assert.deepEqual([followed.status, followed.body.as_at], [200, "2026-04-01"]);
  });
}

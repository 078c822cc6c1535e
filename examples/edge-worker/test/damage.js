// Kills at every write, kills under load, a disk that fails: nothing lost, nothing twice, nothing told.
import assert from "node:assert/strict";
import { it } from "node:test";
import { code, receipts } from "./driver.js";
import { ZOE, announced, batch, bloodSpot, row } from "./messages.js";

/** All that a host knows in the end, however it came to it. */
async function knowledge(edge) {
  const { index, ...counts } = await edge.counts();
  const items = await edge.items();
  const found = (await edge.match(ZOE)).body;
  const schedule = await edge.ask("GET", `/children/${found.entry?.[0].resource.id}/schedule?asAt=2026-04-01`);
  return {
    index, counts, found, schedule: schedule.body,
    // Ids are drawn anew by each host.
    items: items.map(({ id: _, messages, ...item }) => ({ ...item, messages: messages.map(({ item: __, ...key }) => key) })),
  };
}

/** Twelve children, two messages of each: one adds it, one tells of a dose. */
const NUMBERS = ["9990000018", "9990000026", "9990000034", "9990000042", "9990000050", "9990000069", "9990000077", "9990000085", "9990000093", "9990000107", "9990000115", "9990000123"];
const NAMES = ["Amber", "Bruno", "Clara", "Dario", "Elise", "Felix", "Greta", "Hugo", "Iris", "Jonas", "Kira", "Leon"];
const MANY = NUMBERS.flatMap((number, place) => {
  const child = { number, given: NAMES[place], family: `Ashby${NAMES[11 - place]}`, born: `202601${10 + place}`, sex: place % 2 ? "M" : "F", postcode: `LS${place + 1} 4AP`, line: `${place + 1} High Street` };
  return [announced(`n${place}`, child), batch(row(`d${place}`, child))];
});

export function damageTests({ edge: current, sqlite }) {
  it("comes to the same wherever in a submission it is killed, and whatever is then sent again", async () => {
    const edge = current();
    const script = [announced("k1", ZOE), batch(row("k2", ZOE), "9434765919|too few fields\n"), bloodSpot("k3", ZOE)];
    await edge.anew("unkilled");
    for (const body of script) await edge.submit(body);
    const expected = await knowledge(edge);
    assert.deepEqual([expected.counts.message, expected.counts.quarantine, expected.found.total], [3, 1, 1]);
    let kills = 0;
    // In steps, since each takes two starts; every host takes other places.
    for (let at = 1 + (edge.host.name.length % 3); ; at += 3) {
      await edge.anew("killed", { breaks: `kill:${at}` });
      let isWhole = true;
      for (const body of script) {
        const answer = await edge.submit(body).catch(() => undefined);
        if (answer === undefined || answer.status >= 500) {
          isWhole = false;
          break;
        }
      }
      if (isWhole) break;
      kills += 1;
      await edge.restart();
      for (const body of [...script, script[0]]) assert.ok((await edge.submit(body)).status < 300, `killed at write ${at}`);
      assert.deepEqual(await knowledge(edge), expected, `killed at write ${at}`);
    }
    assert.ok(kills >= 5, `${kills} kills`);
  });

  it("comes to the same when it is killed between two pages of a commit", async (test) => {
    const edge = current();
    if (edge.host.name !== "node") return test.skip("only the SQLite for Node writes by a function of the host");
    const script = [announced("k1", ZOE), batch(row("k2", ZOE))];
    await edge.anew("untorn");
    for (const body of script) await edge.submit(body);
    const expected = await knowledge(edge);
    let kills = 0;
    for (const at of [3, 10, 18, 25, 33]) {
      await edge.anew("torn", { breaks: `page:${at}` });
      for (const body of script) kills += (await edge.submit(body).catch(() => undefined)) === undefined ? 1 : 0;
      await edge.restart();
      for (const body of script) assert.ok((await edge.submit(body)).status < 300, `killed at page ${at}`);
      assert.deepEqual(await knowledge(edge), expected, `killed at page ${at}`);
    }
    assert.ok(kills >= 3, `${kills} refused`);
  });

  it("loses nothing of many submissions at once when it is killed in their midst", async () => {
    const edge = current();
    await edge.anew("unhurried");
    for (const body of MANY) await edge.submit(body);
    const { children, applied } = (await edge.counts()).index;
    const { message, dose } = await edge.counts();
    assert.deepEqual([message, dose], [MANY.length, NUMBERS.length]);
    await edge.anew("hurried");
    for (const wait of [5, 40, 120]) {
      const acknowledged = [];
      const sent = [...MANY, ...MANY].map(async (body) => {
        const answer = await edge.submit(body).catch(() => undefined);
        if (answer?.status === 200) acknowledged.push(body);
      });
      await new Promise((resolve) => setTimeout(resolve, wait));
      await edge.stop();
      await Promise.all(sent);
      await edge.start();
      for (const body of acknowledged) assert.deepEqual(receipts(await edge.submit(body)), ["repeat"], "what was acknowledged is there");
    }
    for (const body of MANY) await edge.submit(body);
    const after = await edge.counts();
    assert.deepEqual([after.message, after.dose, after.index.children, after.index.applied], [message, dose, children, applied]);
    await edge.stop();
    const [twice] = edge.rows(sqlite, "SELECT count(*) - count(DISTINCT digest) AS n FROM message");
    assert.equal(twice.n, 0);
  });

  it("refuses what it cannot write, tells nothing of it, and takes it the next time", async () => {
    const edge = current();
    for (const at of [1, 3, 6]) {
      await edge.anew("failing", { breaks: `throw:${at}` });
      const refused = await edge.submit(announced("f1", ZOE));
      assert.deepEqual([refused.status, code(refused)], [500, "server/failed"], `write ${at}`);
      assert.ok(!refused.text.includes("disk") && !refused.text.includes(ZOE.family));
      assert.equal((await edge.match(ZOE)).body.total, 0, "nothing was taken");
      assert.deepEqual(receipts(await edge.submit(announced("f1", ZOE))), ["fresh"]);
      assert.equal((await edge.match(ZOE)).body.total, 1);
    }
  });
}

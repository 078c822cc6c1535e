// What persons decide and what follows, what they see of sensitive children, barred pairs, and what the audit keeps.
import assert from "node:assert/strict";
import { it } from "node:test";
import { code, receipts } from "./driver.js";
import { ZOE, announced } from "./messages.js";

/** Children of the snapshot; each comes again under a number of its own, which is for a person to look at. */
export const IVO = { number: "9990000018", given: "Ivo", family: "Marlow", born: "20250203", sex: "M", postcode: "LS7 4PQ", line: "3 Station Road" };
const MINA = { number: "9990000034", given: "Mina", family: "Quist", born: "20250304", sex: "F", postcode: "LS8 1XY", line: "7 Mill Lane" };
export const [IVO_IN_SNAPSHOT, MINA_IN_SNAPSHOT] = ["4010232137", "9990548609"];

export function reviewTests({ edge: current, sqlite }) {
  const only = async (edge, wanted) => {
    const found = (await edge.items()).filter((item) => item.code === wanted);
    assert.equal(found.length, 1, JSON.stringify(found));
    return found[0];
  };
  const idsOf = async (edge, child) => ((await edge.match(child)).body.entry ?? []).map(({ resource }) => resource.id);

  it("lets a person say who a child is, and keeps to it through kills and repeats", async () => {
    const edge = current();
    await edge.anew("same");
    const [known] = await idsOf(edge, { ...IVO, number: IVO_IN_SNAPSHOT });
    assert.ok(known);
    assert.deepEqual(receipts(await edge.submit(announced("r1", IVO))), ["fresh"]);
    const item = await only(edge, "notification/which-child");
    assert.equal(item.subjects[0].family_name, "Marlow");
    assert.ok(item.candidates.some(({ child }) => String(child) === known) && item.candidates[0].match_weight !== undefined);
    assert.ok(!JSON.stringify(item).includes("whom"), "the name of a person is made of the number");
    for (const [decision, expected] of [[{}, "review/decision"], [{ decision: "perhaps" }, "review/decision"], [{ decision: "same" }, "decision/child"], [{ decision: "same", child: 4_000_000_000 }, "decision/child"], [{ decision: "same", child: "x" }, "review/decision"]]) {
      const answer = await edge.decide(item.id, decision);
      assert.deepEqual([answer.status, code(answer)], [400, expected], JSON.stringify(decision));
    }
    assert.equal((await edge.decide("0".repeat(32), { decision: "unsure" })).status, 404);
    assert.equal((await edge.decide(item.id, { decision: "unsure" })).body.waits, true);
    const before = (await edge.counts()).index.applied;
    const decided = await edge.decide(item.id, { decision: "same", child: Number(known) });
    assert.deepEqual([decided.status, decided.body.waits], [200, false], decided.text);
    assert.ok((await edge.counts()).index.applied >= before + 2, "the decision, and the record that follows from it");
    assert.deepEqual(await idsOf(edge, IVO), [known], "the number leads to the child now");
    await edge.restart();
    assert.deepEqual(await idsOf(edge, IVO), [known]);
    assert.deepEqual(receipts(await edge.submit(announced("r1", IVO))), ["repeat"]);
    assert.deepEqual((await edge.items()).map((other) => other.id).includes(item.id), false);
    // A second reader who differs puts it back.
    const [{ id, decisions }] = (await edge.ask("GET", "/review?decided=true")).body.items;
    assert.deepEqual([id, decisions.map(({ reader, decision }) => [reader, decision])], [item.id, [["clerk-1", "unsure"], ["clerk-1", "same"]]]);
    const second = await edge.decide(id, { decision: "different", child: Number(known) }, { caller: "clerk-2" });
    assert.equal(second.body.waits, true, second.text);
    assert.equal((await only(edge, "notification/which-child")).decisions.length, 3);
    await edge.restart();
    assert.equal((await only(edge, "notification/which-child")).id, item.id);
  });

  it("takes up a child that a person says is none of those known, and never merges the twins", async () => {
    const edge = current();
    await edge.anew("different");
    const { index } = await edge.counts();
    await edge.submit(announced("r1", IVO));
    assert.equal((await edge.counts()).index.applied, index.applied, "nothing changes while a person must look");
    const item = await only(edge, "notification/which-child");
    assert.equal((await edge.decide(item.id, { decision: "different" })).body.waits, false);
    const after = await edge.counts();
    assert.ok(after.index.applied >= index.applied + 2, "the decision, and the child");
    const [own] = await idsOf(edge, IVO);
    assert.ok(own && !item.candidates.some(({ child }) => String(child) === own), "a child of its own");
    await edge.restart();
    assert.deepEqual(await edge.counts(), after);
  });

  it("sets a message aside that a person says is not to count", async () => {
    const edge = current();
    await edge.anew("aside");
    await edge.submit(announced("m1", ZOE));
    await edge.submit(announced("m1", { ...ZOE, given: "Zara" }));
    const item = await only(edge, "notification/conflict");
    assert.equal(item.messages.length, 2);
    assert.equal((await edge.match(ZOE)).body.total, 0);
    const wrong = item.messages[item.subjects.findIndex(({ given_name }) => given_name === "Zara")];
    assert.equal((await edge.decide(wrong.item, { decision: "different" })).status, 200);
    assert.ok(!(await edge.items()).some(({ code }) => code === "notification/conflict"));
    assert.equal((await edge.match(ZOE)).body.total, 1);
  });

  it("withholds where a sensitive child lives, and what would give it away", async () => {
    const edge = current();
    await edge.anew("sensitive");
    const found = (await edge.match({ ...MINA, number: MINA_IN_SNAPSHOT })).body;
    assert.equal(found.entry.length, 1);
    assert.deepEqual(found.entry[0].resource.meta.security[0].code, "R");
    assert.equal(found.entry[0].search.score, undefined, "a score would tell whether the address asked with is right");
    assert.ok(found.entry[0].search.extension[0].valueCode);
    await edge.submit(announced("s1", MINA));
    const item = await only(edge, "notification/which-child");
    assert.equal(item.subjects[0].family_name, MINA.family);
    for (const column of ["address_1", "postcode"]) assert.equal(item.subjects[0][column], "(withheld)");
    const candidate = item.candidates.find(({ sensitive }) => sensitive);
    assert.deepEqual([candidate.match_weight, candidate.match_probability, candidate.waterfall.match_weight], [undefined, undefined, undefined]);
    assert.equal(candidate.waterfall.bars.find(({ comparison }) => comparison === "residence").level, "withheld");
    const text = JSON.stringify(item);
    for (const told of [MINA.postcode, MINA.line, "B86003"]) assert.ok(!text.includes(told), told);
  });

  it("never joins or mentions a barred pair, and does not serve with half of its list", async () => {
    const edge = current();
    const { list, key } = edge.world.bar(IVO.number, IVO_IN_SNAPSHOT);
    await edge.anew("barred", { config: { BARRED_KEY: key } });
    const answer = await edge.ask("GET", "/metrics");
    assert.deepEqual([answer.status, code(answer)], [503, "barred/incomplete"]);
    await edge.put("barred.csv", list);
    await edge.start({ config: { BARRED_KEY: key } });
    await edge.submit(announced("r1", IVO));
    const text = JSON.stringify(await edge.items());
    const [barred] = await idsOf(edge, { ...IVO, number: IVO_IN_SNAPSHOT });
    assert.ok(!text.includes(`"child":${barred}`), text);
    const restricted = (await edge.ask("GET", "/restricted")).text;
    assert.ok(barred && !restricted.includes(`"child":${barred}`), restricted);
    assert.ok(!(await idsOf(edge, IVO)).includes(barred));
  });

  it("audits every read and write by who asked, what for and about whom, without what is known of them", async () => {
    const edge = current();
    await edge.anew("audit");
    await edge.submit(announced("m1", ZOE), { caller: "unit-7" });
    const [child] = await idsOf(edge, ZOE);
    await edge.submit("<unreadable");
    await edge.submit(announced("r1", IVO));
    const [item] = await edge.items();
    const shown = [...new Set(item.candidates.map((candidate) => candidate.child))].join(",");
    assert.ok(shown);
    await edge.ask("GET", `/children/${child}/schedule`, { caller: "nurse-1" });
    await edge.decide(item.id, { decision: "unsure" });
    await edge.ask("GET", "/metrics", { scope: "match", caller: "stranger" });
    await edge.submit("x".repeat(10), { scope: "match" });
    await edge.stop();
    const rows = edge.rows(sqlite, "SELECT caller, action, about, status FROM audit ORDER BY id");
    const digest = /^[0-9a-f]{64}$/;
    const ofChild = new RegExp(`^[0-9a-f]{64}:${child}$`);
    const expected = [
      // Of the folder that all begin with.
      ["clerk-1", "metrics", "", 200],
      ["unit-7", "submit", ofChild, 200], ["clerk-1", "match", child, 200], ["clerk-1", "submit", digest, 400], ["clerk-1", "submit", digest, 200],
      ["clerk-1", "review", `${item.id}:${shown}`, 200], ["nurse-1", "schedule", child, 200], ["clerk-1", "decide", item.id, 200], ["stranger", "metrics", "", 403], ["clerk-1", "submit", "", 403],
    ];
    assert.equal(rows.length, expected.length, JSON.stringify(rows));
    rows.forEach((found, place) => {
      const [caller, action, about, status] = expected[place];
      assert.deepEqual([found.caller, found.action, found.status], [caller, action, status]);
      if (about instanceof RegExp) assert.match(found.about, about);
      else assert.equal(found.about, about);
    });
    for (const sql of ["DELETE FROM audit", "UPDATE audit SET about = ''", "DELETE FROM decision", "UPDATE decision SET reader = 'nobody'"]) {
      assert.throws(() => edge.rows(sqlite, sql), /only added/, sql);
    }
    const text = JSON.stringify(rows);
    for (const told of [ZOE.number, ZOE.family, "2026-01-05", IVO.number]) assert.ok(!text.includes(told), told);
  });
}

// The edge function over HTTP on every host: who may do what, what is kept through kills, that nothing happens twice, and
// that nobody's data are told to those who may not know. `HOSTS=node,deno` tests these only.
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { damageTests } from "./damage.js";
import { changeoverTests } from "./changeover.js";
import { Driver, code, receipts } from "./driver.js";
import { processHost, workerd } from "./hosts.js";
import { ZOE, announced, batch, bloodSpot, declined, immunization, row } from "./messages.js";
import { queueTests } from "./queues.js";
import { reviewTests } from "./review.js";
import { createWorld, native, require } from "./world.js";

const { Miniflare } = require("miniflare");
const sqlite = require("node-sqlite3-wasm");
const HOSTS = [
  workerd(Miniflare),
  processHost("node", process.execPath, (file) => [file]),
  processHost("deno", "deno", (file, data) => ["run", "--quiet", "--node-modules-dir=manual", "--no-remote", "--allow-env", "--allow-net=127.0.0.1", "--allow-read", `--allow-write=${data}`, ...(file.startsWith("test/") ? ["--allow-run"] : []), file]),
  processHost("bun", "bun", (file) => ["run", file]),
].filter(({ name }) => !process.env.HOSTS || process.env.HOSTS.split(",").includes(name));

let world;
before(async () => {
  if (native !== undefined) world = await createWorld();
});

for (const host of HOSTS) {
  describe(`edge function on ${host.name}`, { skip: native === undefined && "childlink has not been built" }, () => {
    /** @type {Driver} */
    let edge;
    before(() => {
      edge = new Driver(host, world);
    });
    after(() => edge.stop());
    const get = { edge: () => edge, sqlite };

    it("serves nothing before there is a whole and true snapshot", async () => {
      await edge.startWith(undefined);
      const missing = await edge.ask("GET", "/metrics");
      assert.deepEqual([missing.status, code(missing)], [503, "snapshot/missing"]);
      const { encrypted } = world;
      for (const bytes of [encrypted.subarray(0, encrypted.length - 1), encrypted.map((byte, place) => (place === 100 ? byte ^ 1 : byte)), new Uint8Array(3)]) {
        await edge.startWith(bytes);
        const answer = await edge.ask("GET", "/metrics");
        assert.deepEqual([answer.status, code(answer)], [503, "snapshot/unreadable"]);
      }
      await edge.startWith(encrypted);
      const { status, text, body } = await edge.ask("GET", "/metrics");
      assert.equal(status, 200, text);
      assert.ok(body.index.children > 0);
    });

    it("lets nobody in without a valid token of the right scope", async () => {
      await edge.anew("tokens");
      const bare = await edge.fetch("/metrics");
      assert.deepEqual([bare.status, code({ body: await bare.json() })], [401, "token/missing"]);
      for (const bearer of [await world.token("metrics", { isStranger: true }), await world.token("metrics", { expires: "-1m" }), await world.token("metrics", { audience: "other" }), "eyJhbGciOiJub25lIn0.e30."]) {
        const answer = await edge.ask("GET", "/metrics", { bearer });
        assert.deepEqual([answer.status, code(answer)], [401, "token/invalid"]);
      }
      for (const [method, path, scope] of [["POST", "/notifications", "match"], ["POST", "/Patient/$match", "submit"], ["GET", "/review", "metrics"], ["POST", `/review/${"0".repeat(32)}`, "match"], ["GET", "/children/1/schedule", "review"], ["GET", "/metrics", "schedule"]]) {
        const answer = await edge.ask(method, path, { scope, body: method === "POST" ? "x" : undefined });
        assert.deepEqual([answer.status, code(answer)], [403, "token/scope"], path);
      }
      assert.equal((await edge.ask("GET", "/elsewhere")).status, 404);
      assert.equal((await edge.ask("GET", "/%E0%A4%A")).status, 404);
      assert.equal((await edge.ask("GET", "/notifications")).status, 405);
    });

    it("takes a child up by messages of every shape, knows it, and tells what is due", async () => {
      await edge.anew("child");
      assert.equal((await edge.match(ZOE)).body.total, 0);
      const came = await edge.submit(announced("m1", ZOE));
      assert.deepEqual([came.status, receipts(came)], [200, ["fresh"]], came.text);
      const found = (await edge.match(ZOE)).body;
      assert.equal(found.total, 1, JSON.stringify(await edge.items()));
      assert.equal(found.entry[0].search.extension[0].valueCode, "certain");
      assert.ok(found.entry[0].search.score > 0.99);
      for (const body of [batch(row("v1", ZOE)), immunization("i1", ZOE), bloodSpot("b1", ZOE)]) {
        const answer = await edge.submit(body);
        assert.deepEqual([answer.status, receipts(answer)], [200, ["fresh"]], answer.text);
      }
      const child = found.entry[0].resource.id;
      const due = await edge.ask("GET", `/children/${child}/schedule?asAt=2026-04-01`);
      assert.equal(due.status, 200, due.text);
      assert.equal(due.body.as_at, "2026-04-01");
      assert.deepEqual(due.body.history.map(({ date }) => date), ["2026-03-02", "2026-03-02"], "the doses of the batch and of the FHIR message");
      assert.deepEqual(due.body.not_given, []);
      assert.deepEqual(receipts(await edge.submit(declined("i2", ZOE))), ["fresh"]);
      const { body } = await edge.ask("GET", `/children/${child}/schedule?asAt=2026-04-01`);
      assert.deepEqual(body.history, due.body.history, "what was not given is no dose");
      assert.deepEqual(body.not_given, [{ date: "2026-03-02", product: "23584211000001109", procedure: null, reason: "310376006" }]);
      const pku = due.body.screens.find(({ condition }) => condition === "pku");
      assert.equal(pku.status, "complete", JSON.stringify(due.body.screens));
      assert.equal((await edge.ask("GET", "/children/4000000000/schedule")).status, 404);
      assert.equal((await edge.ask("GET", `/children/${child}/schedule?asAt=tomorrow`)).status, 400);
    });

    it("loses nothing and does nothing twice when it is killed and started again", async () => {
      const before = await edge.counts();
      assert.deepEqual([before.message, before.dose, before.outcome, before.child], [5, 3, 1, 1]);
      await edge.restart();
      assert.deepEqual(await edge.counts(), before);
      for (const body of [bloodSpot("b1", ZOE), batch(row("v1", ZOE)), announced("m1", ZOE), immunization("i1", ZOE), batch(row("v1", ZOE))]) {
        assert.deepEqual(receipts(await edge.submit(body)), ["repeat"]);
      }
      assert.deepEqual(await edge.counts(), before);
      assert.equal((await edge.match(ZOE)).body.total, 1);
    });

    it("takes a message once that many send at one moment", async () => {
      await edge.anew("together");
      const answers = await Promise.all(Array.from({ length: 8 }, () => edge.submit(announced("m1", ZOE))));
      assert.deepEqual(answers.map(receipts).flat().sort(), ["fresh", ...Array(7).fill("repeat")]);
      const { message, journal, child, index } = await edge.counts();
      assert.deepEqual([message, journal, child, index.applied], [1, 1, 1, 1]);
    });

    it("keeps what it cannot read, and says so without telling what it holds", async () => {
      const { quarantine } = await edge.counts();
      const unreadable = ["<Bundle><secret value='Okafor'/>", '{"resourceType":"Observation","note":"Okafor"}', `<!DOCTYPE x [<!ENTITY a "b">]><Bundle>&a;</Bundle>`, "[".repeat(100_000)];
      for (const body of [...unreadable, ...unreadable]) {
        const answer = await edge.submit(body);
        assert.equal(answer.status, 400);
        assert.ok(!answer.text.includes("Okafor"));
      }
      const half = await edge.submit(batch(row("q1", ZOE), "9434765919|Okafor|too few fields\n"));
      assert.deepEqual([half.status, receipts(half)], [207, ["fresh", "unreadable"]]);
      assert.ok(!half.text.includes("Okafor"));
      const after = await edge.counts();
      assert.equal(after.quarantine, quarantine + 5);
      assert.equal(Object.values(after.quarantine_reasons).reduce((sum, n) => sum + n), after.quarantine);
      assert.equal((await edge.match({ ...ZOE, family: undefined, born: "0" })).status < 500, true);
      assert.equal((await edge.ask("POST", "/Patient/$match", { body: "{}" })).status, 400);
      assert.equal((await edge.submit("")).status, 400);
    });

    it("takes a message of 3 MB, and refuses more than that", async () => {
      // A row of SQLite on Cloudflare holds no more than 2 MB.
      const long = (size) => bloodSpot("b9", ZOE).replace("</Bundle>", (end) => `<!-- ${"x".repeat(size - bloodSpot("b9", ZOE).length - 9)} -->${end}`);
      assert.equal(long(3_000_000).length, 3_000_000);
      assert.deepEqual(receipts(await edge.submit(long(3_000_000))), ["fresh"]);
      await edge.restart();
      assert.deepEqual(receipts(await edge.submit(long(3_000_000))), ["repeat"]);
      const refused = await edge.submit(long(3_000_001)).catch(() => undefined);
      // A host may close the connection before all has been sent.
      if (refused !== undefined) assert.deepEqual([refused.status, code(refused)], [413, "request/too-large"]);
      await edge.restart();
      assert.equal((await edge.counts()).message, 3);
    });

    it("does not go on from another snapshot than it began with, but begins anew beside it", async () => {
      await edge.anew("other");
      await edge.submit(announced("m1", ZOE));
      await edge.put("index.clix.enc", world.other);
      await edge.start();
      const refused = await edge.ask("GET", "/metrics");
      assert.deepEqual([refused.status, code(refused)], [503, "snapshot/other"]);
      await edge.put("next.clix.enc", world.other);
      await edge.start({ config: { INDEX_NAME: "next" } });
      assert.equal((await edge.counts()).message, 0);
      await edge.put("index.clix.enc", world.encrypted);
      await edge.start();
      assert.equal((await edge.counts()).message, 1);
    });

    it("serves nobody while a setting is missing or cannot be read, and does not tell what it is", async () => {
      const jwk = JSON.parse(world.config.TOKEN_KEYS).keys[0];
      const broken = [
        { TOKEN_ISSUER: "" }, { TOKEN_AUDIENCE: "" }, { TOKEN_KEYS: "" }, { TOKEN_KEYS: "{" }, { TOKEN_KEYS: '{"keys":[]}' },
        { TOKEN_KEYS: JSON.stringify({ keys: [{ ...jwk, x: "c2VjcmV0" }] }) }, { SNAPSHOT_KEY: "" }, { SNAPSHOT_KEY: "c2VjcmV0" }, { SNAPSHOT_KEY: "?" },
        { REQUESTS_PER_MINUTE: "" }, { REQUESTS_PER_MINUTE: "often" }, { MESSAGES_AT_MOST: "" }, { MESSAGES_AT_MOST: "-1" },
      ];
      await edge.anew("settings");
      for (const config of broken) {
        await edge.restart({ config });
        const [[name, value]] = Object.entries(config);
        for (const answer of [await edge.ask("GET", "/metrics"), await edge.submit(announced("m1", ZOE)), await edge.ask("GET", "/elsewhere")]) {
          assert.deepEqual([answer.status, code(answer)], [503, "deployment/setting"], JSON.stringify(config));
          assert.ok(answer.text.includes(name) && !(value.length > 2 && answer.text.includes(value)), answer.text);
        }
      }
      await edge.restart();
      const { message, audit } = (await edge.ask("GET", "/metrics")).body;
      assert.deepEqual([message, audit], [0, 1], "nothing was taken or told meanwhile");
    });

    it("refuses messages before more are held than fit, so that it can always start again", async () => {
      const config = { MESSAGES_AT_MOST: "2" };
      await edge.anew("full", { config });
      assert.equal((await edge.submit(announced("m1", ZOE))).status, 200);
      for (const body of [batch(row("v1", ZOE), row("v2", ZOE, "20260402")), batch(row("v3", ZOE), row("v4", ZOE, "20260402"))]) {
        const refused = await edge.submit(body);
        assert.deepEqual([refused.status, code(refused)], [503, "messages/full"], "two rows, and room for one");
      }
      assert.equal((await edge.submit(batch(row("v1", ZOE)))).status, 200);
      const refused = await edge.submit(bloodSpot("b1", ZOE));
      assert.deepEqual([refused.status, code(refused)], [503, "messages/full"]);
      assert.deepEqual(receipts(await edge.submit(announced("m1", ZOE))), ["repeat"], "what is held may come again");
      for (const options of [{ config }, { config: { MESSAGES_AT_MOST: "1" } }]) {
        await edge.restart(options);
        const { messages, message, dose } = await edge.counts();
        assert.deepEqual([messages, message, dose], [{ held: 2, at_most: Number(options.config.MESSAGES_AT_MOST) }, 2, 1]);
        assert.equal((await edge.match(ZOE)).body.total, 1);
      }
      await edge.restart();
      assert.deepEqual(receipts(await edge.submit(bloodSpot("b1", ZOE))), ["fresh"]);
    });

    it("limits how often one caller asks, and nobody else", async () => {
      await edge.anew("limits", { config: { REQUESTS_PER_MINUTE: "3" } });
      const statuses = [];
      for (let time = 0; time < 6; time += 1) statuses.push((await edge.ask("GET", "/metrics", { caller: "busy" })).status);
      // A new minute may begin meanwhile.
      assert.ok(statuses.includes(429) && statuses[0] === 200, statuses.join());
      assert.equal((await edge.ask("GET", "/metrics", { caller: "calm" })).status, 200);
    });

    reviewTests(get);
    queueTests(get);
    changeoverTests(get);
    damageTests(get);

    it("has written no patient data to its log, and no token", async () => {
      await edge.stop();
      const logs = edge.logs();
      assert.ok(logs.length > 5, "what the servers wrote was kept");
      const told = [...Object.values(ZOE), "2026-01-05", "Fenwick", "Marlow", "Quist", "LS8 1XY", "Mill Lane", "eyJ"].filter((text) => text.length > 1);
      for (const text of told) assert.ok(!logs.some((log) => log.includes(text)), `a log tells ${text}`);
    });
  });
}

// The built package in Node.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import * as full from "../../pkg/full/node.js";
import * as edge from "../../pkg/edge/node.js";
import * as validate from "../../pkg/validate/node.js";
import { caseData } from "./case-data.js";
import { runTable, tables } from "./cases.js";
import { everyCase, snapshotOf } from "./every-case.js";
import { hostile } from "./hostile.js";
import { trapped } from "./trap.js";

const data = caseData();

for (const [entry, api] of Object.entries({ childlink: full, "childlink/edge": edge, "childlink/validate": validate })) {
  describe(entry, () => {
    for (const table of tables) {
      it(`agrees with every case of ${table}.csv`, () => {
        const csv = readFileSync(new URL(`../cases/identity/${table}.csv`, import.meta.url), "utf8");
        assert.deepEqual(runTable(api, table, csv).faults, []);
      });
    }

    it("agrees with every case of programmes and of pairs that it can answer", async () => {
      const { passed, faults } = await everyCase(api, { ...data, identity: {} });
      assert.deepEqual(faults, []);
      assert.equal(passed > 200, api !== validate, `${passed} cases held`);
    });

    it("answers hostile arguments with ChildlinkError", async () => assert.deepEqual(await hostile(api, snapshotOf(data)), []));

    it("names a trap and goes on, also when no fresh instance can be had for a while", () => assert.deepEqual(trapped(api), []));

    it("starts once, however often it is asked to", async () => {
      await Promise.all([api.init(), api.init()]);
      api.initSync();
      assert.equal(api.isNhsNumber("9434765919"), true);
    });
  });
}

it("names a trap and goes on with a fresh instance", () => {
  // More than the 4 GiB that Wasm can address; the pages are never touched.
  const tooMuch = new Uint8Array(4_294_967_000);
  assert.throws(() => validate.checkNhsNumbers(tooMuch), { name: "ChildlinkError", code: "wasm/trap" });
  assert.equal(validate.isNhsNumber("943 476 5919"), true);
});

it("is the core that wasm-pack builds", async () => {
  const core = await import("../../target/wasm-pack/childlink.js");
  core.initSync({ module: readFileSync(new URL("../../target/wasm-pack/childlink_bg.wasm", import.meta.url)) });
  assert.deepEqual(JSON.parse(core.parseNhsNumber("943-476-5919")), full.parseNhsNumber("943-476-5919"));
  assert.throws(() => core.formatNhsNumber("9434765918"), { name: "ChildlinkError", code: "nhs-number/check-digit" });
});

it("can be required", () => {
  const required = createRequire(import.meta.url)("../../pkg/validate/node.js");
  assert.equal(required.isNhsNumber("9434765919"), true);
});

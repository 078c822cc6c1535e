// The built package in Node.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import * as full from "../../pkg/full/node.js";
import * as validate from "../../pkg/validate/node.js";
import { hostile } from "./hostile.js";

for (const [entry, api] of Object.entries({ childlink: full, "childlink/validate": validate })) {
  describe(entry, () => {
    it("answers hostile arguments with ChildlinkError", () => assert.deepEqual(hostile(api), []));

    it("starts once, however often it is asked to", async () => {
      await Promise.all([api.init(), api.init()]);
      api.initSync();
      assert.equal(api.isNhsNumber("9434765919"), true);
    });
  });
}

it("can be required", () => {
  const required = createRequire(import.meta.url)("../../pkg/validate/node.js");
  assert.equal(required.isNhsNumber("9434765919"), true);
});

// The built package in a real Chromium, in a page and in a worker.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { caseData } from "./case-data.js";
import { openChromium } from "./chromium.js";
import { serve } from "./serve.js";

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'";

describe("Chromium", () => {
  let server, browser;
  before(async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    server = await serve(root, { "/": "<!doctype html><title>childlink</title>" }, { "content-security-policy": POLICY });
    browser = await openChromium();
    await browser.page.goto(server.origin);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  for (const folder of ["full", "edge", "validate"]) {
    it(`agrees with every case and answers hostile arguments and traps with ChildlinkError (${folder})`, async () => {
      const faults = await browser.page.evaluate(async ({ folder, data }) => {
        const api = await import(`/pkg/${folder}/browser.js`);
        const { hostile } = await import("/tests/js/hostile.js");
        let code = "nothing thrown";
        try {
          api.parseNhsNumber("9434765919");
        } catch (error) {
          code = error.code;
        }
        if (code !== "wasm/not-started") return [`before init: ${code}`];
        await Promise.all([api.init(), api.init()]);
        const { everyCase, snapshotOf } = await import("/tests/js/every-case.js");
        const { trapped } = await import("/tests/js/trap.js");
        const { passed, faults } = await everyCase(api, data);
        if (passed < 800) faults.push(`only ${passed} cases held`);
        return [...faults, ...(await hostile(api, snapshotOf(data))), ...trapped(api)];
      }, { folder, data: caseData() });
      assert.deepEqual(faults, []);
      assert.deepEqual(browser.page.faults, []);
    });
  }
});

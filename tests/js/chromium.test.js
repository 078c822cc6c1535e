// The built package in a real Chromium, in a page and in a worker.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
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

  for (const folder of ["full", "validate"]) {
    it(`agrees with every case and answers hostile arguments with ChildlinkError (${folder})`, async () => {
      const faults = await browser.page.evaluate(async (folder) => {
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
        const { runTable, tables } = await import("/tests/js/cases.js");
        const faults = hostile(api);
        for (const table of tables) {
          const csv = await (await fetch(`/tests/cases/identity/${table}.csv`)).text();
          faults.push(...runTable(api, table, csv).faults);
        }
        return faults;
      }, folder);
      assert.deepEqual(faults, []);
      assert.deepEqual(browser.page.faults, []);
    });
  }
});

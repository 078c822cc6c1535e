// What holds for the app as a whole: its size, its promise that nothing is sent, and work without a network.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, it } from "node:test";
import { assertAccessible, folder, gzipped, openSite, photograph, tabTo } from "./site.js";

const FIRST_LOAD = 700_000;
const STRANGERS = ["https://example.org/", "http://127.0.0.1:1/"];

let site;
before(async () => {
  site = await openSite();
});
after(() => site?.close());

/** What a page has asked for by now, in bytes by gzip. */
async function transferred(page) {
  const asked = await page.evaluate(() =>
    performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
  );
  return [...new Set(["/index.html", ...asked])]
    .filter((path) => path !== "/")
    .reduce((sum, path) => sum + gzipped(path), 0);
}

it("is small on the first load, and says what is kept for later", async () => {
  const page = await site.open("check");
  await page.locator("#check-family_name").fill("Smith");
  await page.getByText("Understood as").first().waitFor();
  const first = await transferred(page);
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("sample"))
    .reduce((sum, entry) => sum + gzipped(`${entry.parentPath.slice(folder.length)}/${entry.name}`), 0);
  console.log(
    `first load until a field is understood: ${first} bytes by gzip; the whole app, kept in the background: ${all}`,
  );
  assert.ok(first < FIRST_LOAD, `${first} bytes`);
  for (const path of ["", "schedule", "link", "review"]) {
    const other = await site.open(path);
    const bytes = await transferred(other);
    console.log(`first load of #/${path}: ${bytes} bytes by gzip`);
    assert.ok(bytes < FIRST_LOAD, `#/${path}: ${bytes} bytes`);
    await other.close();
  }
});

it("opens every page by keyboard, and each is accessible", async () => {
  const page = await site.open("");
  await assertAccessible(page);
  await photograph(page, "start");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to main content");
  const names = await page.locator("#menu a").allTextContents();
  assert.ok(names.length > 0);
  for (const name of names) {
    const link = page.locator("#menu").getByRole("link", { name });
    await page.locator(".nhsuk-skip-link").focus();
    await tabTo(page, link);
    await page.keyboard.press("Enter");
    await page.waitForFunction((title) => document.title === title, `${name} – childlink`);
    assert.equal(await link.getAttribute("aria-current"), "page");
    await assertAccessible(page);
  }
  assert.deepEqual(page.faults, []);
});

it("cannot reach any other host", async () => {
  const page = await site.open("");
  for (const address of STRANGERS) {
    const answer = await page.evaluate(
      (address) =>
        fetch(address).then(
          () => "reached",
          (cause) => cause.message,
        ),
      address,
    );
    assert.equal(answer, "Failed to fetch");
    const refusal = page.faults.find((fault) => fault.includes(address) && fault.includes("Content Security Policy"));
    assert.ok(refusal, `${address} was refused by the policy of the page`);
  }
});

it("works without a network after the first load", async () => {
  const page = await site.open("check");
  await page.getByText("Ready to work without a network.", { exact: true }).waitFor();
  await site.server.close();
  await page.reload();
  await page.locator("#check-nhs_number").fill("9434765919");
  await page.getByText("943 476 5919 (a range").waitFor();
  for (const name of await page.locator("#menu a").allTextContents()) {
    await page.locator("#menu").getByRole("link", { name }).click();
    await page.waitForFunction((title) => document.title === title, `${name} – childlink`);
    assert.equal(await page.getByText("could not be loaded").count(), 0, name);
  }
  await page.locator("#menu").getByRole("link", { name: "Link" }).click();
  await page.getByRole("button", { name: "Open the made-up sample" }).click();
  await page.locator("#link-start").click();
  await page.getByRole("heading", { name: /records are .* children/ }).waitFor();
  assert.deepEqual(page.faults, []);
});

it("has asked nothing of anyone else", () => {
  const strangers = site.asked.filter((address) => !address.startsWith(site.origin) && !/^(blob|data):/.test(address));
  assert.deepEqual(
    strangers.filter((address) => !STRANGERS.includes(address)),
    [],
  );
  assert.ok(
    site.asked.some((address) => address.endsWith("/sw.js")),
    "what workers ask for is seen too",
  );
});

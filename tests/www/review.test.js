// The Review page: pairs read by people, kept as keys and decisions alone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, beforeEach, it } from "node:test";
import { guardsInWords } from "../../www/views/review/guards.js";
import { assertAccessible, file, openSite, photograph, tabTo } from "./site.js";

const FILES = ["review.csv", "children.csv", "restricted.csv", "summary.json"].map((name) =>
  file(`www/practice/${name}`),
);

const { parse } = createRequire(file("pkg-config/tools/package.json"))("papaparse");
const rowsOf = (name) => parse(readFileSync(file(`www/practice/${name}`), "utf8"), { header: true, skipEmptyLines: true }).data;
const PAIRS = rowsOf("review.csv");
const RESTRICTED = rowsOf("restricted.csv");
const KEYS = ["source_l", "record_id_l", "source_r", "record_id_r"];
const keysOf = (pair) => KEYS.map((key) => pair[key]).join(",");
const pairTitle = (number) => `Pair ${number} of ${PAIRS.length}`;

let site, page;
before(async () => {
  site = await openSite();
});
after(() => site?.close());
beforeEach(async () => {
  await page?.close();
  page = await site.open("review");
  page.on("dialog", (dialog) => dialog.accept());
});

const title = () => page.locator("#review-title");
const erase = () => page.getByRole("button", { name: /Erase all/ }).click();
async function begin(reader, files = FILES) {
  await page.fill("#review-reader", reader);
  await page.setInputFiles("#review-files", files);
  await title().waitFor();
}
async function press(key, pair) {
  await page.keyboard.press(key);
  await page.getByRole("heading", { name: pair, exact: true }).waitFor();
}
/** Goes from the first pair to one that is wanted. */
async function goTo(place) {
  for (let number = 2; number <= place + 1; number += 1) await press("n", pairTitle(number));
}
async function saved(name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: `Save ${name}` }).click(),
  ]);
  return readFile(await download.path(), "utf8");
}

it("asks who reads, then shows a pair side by side with its guards and waterfall", async () => {
  await page.setInputFiles("#review-files", FILES);
  await page.locator("#review-reader-error").getByText("Enter your initials").waitFor();
  const place = PAIRS.findIndex(({ guards }) => guards === "nhs-number-conflict");
  const pair = PAIRS[place];
  await begin("jk");
  await goTo(place);
  await page.getByText("two different valid NHS numbers").waitFor();
  const [left, right] = [pair.given_name_l, pair.given_name_r];
  assert.ok(left !== right && left.toUpperCase() === right, "the practice has a pair written in two ways");
  await page.getByRole("row", { name: `Given name ≈ Same, written differently ${left} ${right}` }).waitFor();
  const practices = await page
    .getByRole("row", { name: /^GP practice ≠/ })
    .locator("td")
    .evaluateAll((cells) =>
      cells.slice(1).map((cell) => {
        const [whole, rest] = [cell.cloneNode(true), cell.cloneNode(true)];
        rest.querySelectorAll("mark").forEach((mark) => mark.remove());
        return { whole: whole.textContent, rest: rest.textContent };
      }),
    );
  assert.deepEqual(
    practices.map(({ whole }) => whole),
    [pair.gp_practice_l, pair.gp_practice_r],
  );
  assert.equal(practices[0].rest, practices[1].rest, "what is not marked is the same on both sides");
  assert.ok(practices.every(({ whole, rest }) => 0 < rest.length && rest.length < whole.length), "a part is marked");
  const address = page.getByRole("row", { name: /^Address line 1/ }).locator("td");
  assert.deepEqual((await address.allTextContents()).slice(1), [pair.address_1_l, pair.address_1_r], "as written");
  const together = await page.getByRole("row", { name: /^Together/ }).locator("td").allTextContents();
  assert.match(together[0], /^about [\d,]+ to 1 that it is one child$/);
  assert.equal(together[1], `+${Number(pair.match_weight).toFixed(1)}`);
  await page.getByText(/^In neither record: .*mother’s NHS number/).waitFor();
  await assertAccessible(page);
  await photograph(page, "review");
});

it("decides by single keys, undoes, and counts", async () => {
  await begin("jk");
  await press("s", pairTitle(2));
  await press("d", pairTitle(3));
  await press("u", pairTitle(4));
  await page.getByText(`jk: 3 of ${PAIRS.length} pairs decided.`).waitFor();
  await press("z", pairTitle(3));
  await page.getByText(`jk: 2 of ${PAIRS.length} pairs decided.`).waitFor();
  await page.locator("#review-shortcuts").uncheck();
  await page.keyboard.press("s");
  assert.equal(await title().textContent(), pairTitle(3), "single keys can be turned off");
  await tabTo(page, page.locator("#review-different"));
  await page.keyboard.press("Enter");
  await page.getByText(`jk: 3 of ${PAIRS.length} pairs decided.`).waitFor();
  const lines = (await saved("decisions.csv")).trim().split("\n");
  assert.equal(
    lines[0],
    "source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at,reason,model_hash,evidence_hash",
  );
  const { sha256 } = JSON.parse(await readFile(FILES[3], "utf8")).linkage.model;
  assert.ok(lines[1].startsWith(`${keysOf(PAIRS[0])},same,jk,`));
  assert.match(lines[1], new RegExp(`,jk,\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z,,${sha256},[0-9a-f]{64}$`));
  assert.deepEqual(
    lines.slice(1).map((line) => line.split(",")[4]),
    ["same", "different", "different"],
  );
  assert.deepEqual(page.faults, []);
});

it("names the other records of both children", async () => {
  const children = rowsOf("children.csv");
  const others = (pair, end) => {
    const own = (row) => row.source === pair[`source_${end}`] && row.record_id === pair[`record_id_${end}`];
    const child = children.find(own).child_id;
    const names = children.filter((row) => row.child_id === child && !own(row)).map((row) => `${row.source} ${row.record_id}`);
    return names.join(", ") || "none";
  };
  const place = PAIRS.findIndex((pair) => others(pair, "l") !== "none" && others(pair, "r") !== "none");
  await begin("members");
  await goTo(place);
  const [left, right] = ["l", "r"].map((end) => others(PAIRS[place], end));
  await page.getByText(`Other records already linked to A: ${left}. To B: ${right}.`, { exact: true }).waitFor();
});

it("keeps decisions when the tab closes, and nothing of a record but its keys", async () => {
  await begin("jk");
  await page.getByText(`jk: 3 of ${PAIRS.length} pairs decided.`).waitFor();
  const kept = await page.evaluate(async () => {
    const database = await new Promise(
      (resolve) => (indexedDB.open("childlink").onsuccess = (event) => resolve(event.target.result)),
    );
    const store = database.transaction("decisions").objectStore("decisions");
    return new Promise((resolve) => (store.getAll().onsuccess = (event) => resolve(event.target.result)));
  });
  const columns = [
    "decided_at",
    "decision",
    "evidence_hash",
    "model_hash",
    "reader",
    "reason",
    "record_id_l",
    "record_id_r",
    "source_l",
    "source_r",
  ];
  for (const decision of kept) assert.deepEqual(Object.keys(decision).sort(), columns);
  const names = await page.evaluate(async () => [
    (await indexedDB.databases()).map(({ name }) => name),
    localStorage.length,
    sessionStorage.length,
  ]);
  assert.deepEqual(names, [["childlink"], 0, 0]);
});

it("does not tell a second reader what the first decided, until they differ", async () => {
  await begin("jk");
  await press("u", pairTitle(5));
  await page.locator("#review-reopen").click();
  await begin("mp");
  await page.selectOption("#review-filter", "second");
  await page.getByText("Not decided by you.").waitFor();
  assert.equal(await page.locator("#review-stage").getByText("jk").count(), 0);
  // Nor by a list of what others could not decide: jk is unsure of the fourth pair.
  await page.selectOption("#review-filter", "open");
  await page.getByRole("heading", { name: "No pair is left in this view" }).waitFor();
  await page.selectOption("#review-filter", "second");
  await page.locator("#review-different").click();
  await page.selectOption("#review-filter", "open");
  await page.getByText("You decided: different children. Other readers: jk: same child.").waitFor();
  await page.locator("#review-reopen").click();
  await begin("rs");
  await page.getByText(`rs: 0 of ${PAIRS.length} pairs decided.`).waitFor();
});

it("opens the restricted queue only on purpose, with keys alone and a file of its own", async () => {
  await begin("jk");
  await page.getByText(`Restricted queue: ${RESTRICTED.length} pairs`).click();
  await page.getByRole("button", { name: "Open the restricted queue" }).click();
  await page.locator("#review-why-error").getByText("Enter the reason").waitFor();
  await page.fill("#review-why", "case 17");
  await page.getByRole("button", { name: "Open the restricted queue" }).click();
  await page.getByRole("heading", { name: `Restricted pair 1 of ${RESTRICTED.length}` }).waitFor();
  await page.getByText("never set side by side").waitFor();
  assert.equal(await page.locator("#review-pair tbody tr").count(), 2);
  await assertAccessible(page);
  await press("d", `Restricted pair 2 of ${RESTRICTED.length}`);
  assert.match(
    await saved("restricted-decisions.csv"),
    new RegExp(`${keysOf(RESTRICTED[0])},different,jk,[^,]+,case 17,`),
  );
  assert.ok(!(await saved("decisions.csv")).includes(keysOf(RESTRICTED[0])));
  await page.getByRole("button", { name: "Close the restricted queue" }).click();
  assert.equal(await page.getByRole("link", { name: /restricted-decisions/ }).count(), 0);
});

it("brings decisions in and erases them", async () => {
  await erase();
  await page.getByText("0 decisions.").waitFor();
  const list = `${KEYS.join(",")},decision,reader,decided_at\n${keysOf(PAIRS[0])},same,ab,2026-11-21\n`;
  await page.setInputFiles("#review-import", {
    name: "decisions.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(list),
  });
  await page.getByText("1 decision.").waitFor();
  await page.setInputFiles("#review-import", {
    name: "bad.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(list.replace("same", "perhaps")),
  });
  await page.locator(".nhsuk-error-summary").getByText("row 1 is none of same, different and unsure").waitFor();
  await erase();
  await page.getByText("0 decisions.").waitFor();
});

/** Brings in a list of one reader's decisions, `[pair, decision, decided_at]`. */
async function bringIn(name, rows, columns = "") {
  const lines = rows.map(([pair, word, at, more = ""]) => `${keysOf(pair)},${word},ab,${at}${more}`);
  const text = `${KEYS.join(",")},decision,reader,decided_at${columns}\n${lines.join("\n")}\n`;
  await page.setInputFiles("#review-import", { name, mimeType: "text/csv", buffer: Buffer.from(text) });
}
const broughtIn = (many) =>
  page.locator("#announcer", { hasText: new RegExp(`^Brought in ${many} decisions?$`) }).waitFor({ state: "attached" });
const wordsSaved = async () => (await saved("decisions.csv")).trim().split("\n").slice(1).map((line) => line.split(",")[4]);

it("takes the latest of two decisions by the moment, not by how it is written", async () => {
  await erase();
  await bringIn("one.csv", [[PAIRS[0], "same", "2026-11-21T00:30+01:00"]]);
  await broughtIn(1);
  // A quarter of an hour later, on the day before by its text.
  await bringIn("two.csv", [[PAIRS[0], "different", "2026-11-20T23:45:00Z"]]);
  await page.waitForTimeout(500);
  assert.deepEqual(await wordsSaved(), ["different"]);
  await bringIn("three.csv", [[PAIRS[0], "same", "2026-11-20T23:44:59.9Z"]]);
  await page.waitForTimeout(500);
  assert.deepEqual(await wordsSaved(), ["different"]);
  await bringIn("slashes.csv", [[PAIRS[1], "same", "2026-11-21"], [PAIRS[0], "same", "30/11/2026"]]);
  await page.locator(".nhsuk-error-summary").getByText(/“slashes\.csv”: decided_at in row 2 is no date or time of ISO 8601/).waitFor();
  assert.deepEqual(await wordsSaved(), ["different"], "a list is taken whole or not at all");
  await erase();
});

it("brings a long list in at once, and makes lists only when they are saved", async () => {
  await begin("jk");
  await erase();
  await page.evaluate(() => {
    globalThis.changes = 0;
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...given) {
      globalThis.changes += given[1] === "readwrite" ? 1 : 0;
      return transaction.apply(this, given);
    };
    globalThis.addresses = { made: 0, revoked: 0 };
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => ((globalThis.addresses.made += 1), createObjectURL.call(URL, blob));
    URL.revokeObjectURL = (address) => ((globalThis.addresses.revoked += 1), revokeObjectURL.call(URL, address));
    // What is to happen in a minute happens in a second.
    const { setTimeout } = globalThis;
    globalThis.setTimeout = (work, wait, ...given) => setTimeout(work, wait > 10_000 ? 1000 : wait, ...given);
  });
  const pair = (n) => ({ source_l: "x", record_id_l: n, source_r: "y", record_id_r: n });
  await bringIn("long.csv", Array.from({ length: 3000 }, (_, n) => [pair(n), "same", "2026-11-21"]));
  await broughtIn("3,000");
  assert.equal(await page.evaluate(() => globalThis.changes), 1);
  await title().focus();
  await press("s", pairTitle(2));
  await press("d", pairTitle(3));
  assert.equal(await page.evaluate(() => globalThis.addresses.made), 0);
  assert.equal((await wordsSaved()).length, 3002);
  await page.waitForFunction(() => globalThis.addresses.made === 1 && globalThis.addresses.revoked === 1);
  await erase();
});

it("keeps decisions of the restricted queue apart when they are brought in", async () => {
  await erase();
  const told = page.locator("#review-kept");
  // By its name, as lists of earlier versions; and by what a list says of itself, whatever its name.
  await bringIn("restricted-decisions.csv", [[RESTRICTED[0], "same", "2026-11-21"]]);
  await told.getByText("1 decision.").waitFor();
  await bringIn("list.csv", [[RESTRICTED[1], "same", "2026-11-21", ",restricted"]], ",queue");
  await told.getByText("2 decisions.").waitFor();
  assert.equal(await page.getByRole("link", { name: "Save decisions.csv" }).count(), 0);
  // A later decision of a list that says nothing does not make it common.
  await bringIn("plain.csv", [[RESTRICTED[0], "different", "2026-11-22"], [PAIRS[0], "same", "2026-11-22"]]);
  await told.getByText("3 decisions.").waitFor();
  const common = await saved("decisions.csv");
  assert.ok(common.includes(keysOf(PAIRS[0])) && !RESTRICTED.some((pair) => common.includes(keysOf(pair))));
  const other = await site.open("link");
  await other.getByRole("button", { name: "Open the made-up sample" }).click();
  await other.getByText("What is known already").click();
  await other.getByText("Use the 1 decision kept in this browser").waitFor();
  await other.close();
  await begin("jk");
  await page.getByText(`Restricted queue: ${RESTRICTED.length} pairs`).click();
  await page.fill("#review-why", "case 17");
  await page.getByRole("button", { name: "Open the restricted queue" }).click();
  const [header, ...lines] = (await saved("restricted-decisions.csv")).trim().split("\n");
  assert.ok(header.endsWith(",queue"));
  assert.equal(lines.length, 2);
  assert.ok(lines.every((line) => line.endsWith(",restricted")));
  await erase();
});

it("says what is wrong with a file that is no review file, and lives on", async () => {
  await page.fill("#review-reader", "jk");
  const review = await readFile(FILES[0], "utf8");
  const cases = [
    ["empty.csv", "", /is empty/],
    ["review.pdf", "%PDF-1.7", /is a PDF/],
    ["review.xlsx", "PK\u0003\u0004", /is a workbook/],
    ["picture.csv", "a\u0000b", /is not text/],
    ["other.csv", "name,age\nx,1\n", /has no column source_l/],
    ["children.csv", "source,record_id,child_id\na,1,1\n", /There are no pairs to review/],
    ["damaged.csv", review.slice(0, review.indexOf('""bars""')), /is damaged or cut off/],
  ];
  for (const [name, content, message] of cases) {
    await page.setInputFiles("#review-files", { name, mimeType: "text/csv", buffer: Buffer.from(content, "latin1") });
    await page.locator(".nhsuk-error-summary").getByText(message).waitFor();
  }
  // Saved again by a spreadsheet that writes semicolons.
  const semicolons =
    'source_l;record_id_l;source_r;record_id_r;match_weight;guards;waterfall\na;1;b;2;1.5;;"{""prior"":-10,""bars"":[],""household"":0,""match_weight"":-10}"\n';
  await begin("jk", [{ name: "review.csv", mimeType: "text/csv", buffer: Buffer.from(semicolons) }]);
  await page.getByRole("heading", { name: "Pair 1 of 1" }).waitFor();
  assert.deepEqual(page.faults, []);
});

it("withholds the weights of what tells where a sensitive child lives", async () => {
  const waterfall = { prior: -10, bars: [], household: 0, match_weight: 2 };
  waterfall.bars.push({ comparison: "residence", level: "withheld", m: null, u: null, weight: 0, term_frequency: 0 });
  waterfall.bars.push({ comparison: "sex", level: "same", m: 0.9, u: 0.5, weight: 0.8, term_frequency: 0 });
  const rows = [
    "source_l,record_id_l,source_r,record_id_r,match_weight,guards,postcode_l,postcode_r,waterfall",
    `a,1,b,2,2,,(withheld),(withheld),"${JSON.stringify(waterfall).replaceAll('"', '""')}"`,
  ];
  await begin("jk", [{ name: "review.csv", mimeType: "text/csv", buffer: Buffer.from(`${rows.join("\n")}\n`) }]);
  const cells = page.getByRole("row", { name: /^Address and postcode/ }).locator("td");
  assert.deepEqual(await cells.allTextContents(), ["withheld: a sensitive record", "withheld", "withheld"]);
  await page.getByRole("row", { name: /^Postcode . Withheld/ }).waitFor();
  // The sum less the parts that are shown would be what is withheld.
  const together = page.getByRole("row", { name: /^Together/ }).locator("td");
  assert.deepEqual(await together.allTextContents(), ["0 to 10 bits: rather one child", "withheld", "withheld"]);
  await page.getByText("The evidence alone comes to 0 to 10 bits: rather one child.").waitFor();
});

it("practises on pairs of the model as it is", async () => {
  const model = JSON.parse(await readFile(file("data/models/child-health.json"), "utf8"));
  const levels = new Map(model.comparisons.map(({ name, levels }) => [name, levels.map(({ label }) => label)]));
  for (const { waterfall } of PAIRS) {
    const { bars } = JSON.parse(waterfall);
    assert.deepEqual(
      bars.map(({ comparison }) => comparison),
      [...levels.keys()],
      "run scripts/data/practice",
    );
    for (const { comparison, level } of bars) {
      const known = level === "withheld" || levels.get(comparison).includes(level);
      assert.ok(known, `${comparison}: ${level} is no level of the model: run scripts/data/practice`);
    }
  }
});

it("loses no decision when the tab is closed while records are being linked", async () => {
  await begin("tab");
  await press("s", pairTitle(2));
  const other = await site.open("link");
  const rows = Array.from(
    { length: 60_000 },
    (_, n) => `${n},Name${n % 5000},20${10 + (n % 14)}-0${1 + (n % 9)}-1${n % 10}`,
  );
  const buffer = Buffer.from(`record_id,family_name,birth_date\n${rows.join("\n")}\n`);
  await other.setInputFiles("#link-files", { name: "big.csv", mimeType: "text/csv", buffer });
  await other.locator("#menu").getByRole("link", { name: "Review" }).click();
  await other.fill("#review-reader", "tab");
  await other.setInputFiles("#review-files", FILES);
  await other.getByRole("heading", { name: pairTitle(2), exact: true }).waitFor();
  await other.locator("#menu").getByRole("link", { name: "Link" }).click();
  await other.locator("#link-start").click();
  await other.locator("#link-progress-text").getByText(/step/).waitFor();
  await other.locator("#menu").getByRole("link", { name: "Review" }).click();
  await other.keyboard.press("d");
  await other.getByText(`tab: 2 of ${PAIRS.length} pairs decided.`).waitFor();
  await other.close({ runBeforeUnload: false });
  await page.reload();
  await begin("tab");
  await page.getByText(`tab: 2 of ${PAIRS.length} pairs decided.`).waitFor();
});

it("has words for every guard", async () => {
  const rust = await readFile(file("src/linkage/guards.rs"), "utf8");
  const codes = [...rust.matchAll(/Guard::\w+ => "([a-z-]+)",/g)].map(([, code]) => code);
  assert.ok(codes.length >= 11);
  assert.deepEqual(
    guardsInWords(codes).filter((text) => text.startsWith("Rule ")),
    [],
  );
});

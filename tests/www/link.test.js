// The Link page: files in, children out, in a worker.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, beforeEach, it } from "node:test";
import { SAMPLE, csv, headingOf, linkSampleIn, resultsShown, savedFrom } from "./linking.js";
import { assertAccessible, file, openSite, photograph, skipWithout, tabTo } from "./site.js";

const TABLES = ["children.csv", "links.csv", "review.csv", "restricted.csv", "quarantine.csv"];
const NATIVE = process.env.CHILDLINK ?? file("target/release/childlink");
const SKIP = skipWithout(NATIVE, "scripts/demo");

let site, page;
before(async () => {
  site = await openSite();
});
after(() => site?.close());
beforeEach(async () => {
  await page?.close();
  page = await site.open("link");
});

const cell = (row) => page.getByRole("row", { name: row }).locator("td").first();
const numberIn = async (row) => Number((await cell(row).textContent()).replaceAll(",", ""));
const heading = () => headingOf(page);
const shown = (options) => resultsShown(page, options);
const saved = (name) => savedFrom(page, name);
const linkSample = () => linkSampleIn(page);

it("links the sample by keyboard alone, with counts that reconcile", async () => {
  await page.locator("#link-files").focus();
  await tabTo(page, page.getByRole("button", { name: "Open the made-up sample" }));
  await page.keyboard.press("Enter");
  await page.getByText("maternity-03.csv").first().waitFor();
  await assertAccessible(page);
  await tabTo(page, page.locator("#link-start"));
  await page.keyboard.press("Enter");
  await shown();
  const [read, accepted, aside, children] = [
    await numberIn("Rows read"),
    await numberIn("Rows accepted"),
    await numberIn("Rows set aside"),
    await numberIn(/^Children /),
  ];
  assert.equal(read, 517, "the sample's rows");
  assert.equal(accepted + aside, read);
  assert.equal(await heading().textContent(), `${accepted} records are ${children} children`);
  await page.getByRole("row", { name: /chis-01 NHS number .*check digit/i }).waitFor();
  await photograph(page, "link");
  await assertAccessible(page);
  assert.deepEqual(page.faults, []);
});

it(
  "gives the files that the command line gives, byte for byte",
  { skip: SKIP },
  async () => {
    await linkSample();
    const out = mkdtempSync(join(tmpdir(), "childlink-www-"));
    try {
      execFileSync(NATIVE, ["link", ...SAMPLE, "--out", out, "--quiet"]);
      for (const name of [...TABLES, "summary.json", "model.json", "statistics.json", "report.html"]) {
        const [ours, theirs] = [await saved(name), await readFile(join(out, name))];
        assert.ok(ours.equals(theirs), `${name}: is the release build of these sources?`);
      }
      // The one file that tells of the run itself says the same things, with its own times and names.
      const [ours, theirs] = [await saved("run.json"), await readFile(join(out, "run.json"))].map((text) =>
        JSON.parse(text),
      );
      // By their checksums the command line knows files of two runs; the page has them saved one by one.
      assert.equal(Object.keys(theirs.files).length > 0, true);
      delete theirs.files;
      assert.deepEqual(Object.keys(ours), Object.keys(theirs));
      for (const part of ["inputs", "lists"]) assert.deepEqual(Object.keys(ours[part]), Object.keys(theirs[part]));
      assert.equal(ours.version, theirs.version);
      const named = theirs.inputs.files.map(({ path, source }) => ({ path: basename(path), source }));
      assert.deepEqual(ours.inputs.files, named);
      assert.ok(0 < ours.seconds.link && ours.seconds.link < ours.seconds.total);
    } finally {
      rmSync(out, { recursive: true });
    }
  },
);

it(
  "reads a large file with several workers, and still gives the bytes of the command line",
  { skip: SKIP },
  async () => {
    const out = mkdtempSync(join(tmpdir(), "childlink-www-"));
    try {
      const synth = [
        "synth",
        "--children",
        "45000",
        "--sources",
        "3",
        "--seed",
        "11",
        "--layout",
        "chis",
        "--out",
        out,
      ];
      execFileSync(NATIVE, ["--quiet", ...synth]);
      const records = join(out, "records.csv");
      assert.ok(statSync(records).size > 4_500_000, "worth sharing");
      await page.setInputFiles("#link-files", [records]);
      await page.locator("#link-start").click();
      await shown({ timeout: 120_000 });
      const cores = await page.evaluate(() => navigator.hardwareConcurrency);
      await page.getByText(cores > 1 ? `read by ${Math.min(cores, 4)} workers` : "read by 1 worker").waitFor();
      execFileSync(NATIVE, ["link", records, "--out", join(out, "linked"), "--quiet"]);
      for (const name of [...TABLES, "statistics.json", "report.html"]) {
        assert.ok((await saved(name)).equals(readFileSync(join(out, "linked", name))), name);
      }
      assert.deepEqual(page.faults, []);
    } finally {
      rmSync(out, { recursive: true });
    }
  },
);

it(
  "obeys decisions, barred pairs and an earlier run as the command line does",
  { skip: SKIP },
  async () => {
    const out = mkdtempSync(join(tmpdir(), "childlink-www-"));
    const at = (name) => join(out, name);
    try {
      execFileSync(NATIVE, ["link", ...SAMPLE, "--out", at("before"), "--quiet"]);
      const links = readFileSync(at("before/links.csv"), "utf8").trim().split("\n").slice(1);
      const [barred, different] = links.map((line) => line.split(",").slice(0, 4).join(","));
      const header = "source_l,record_id_l,source_r,record_id_r";
      writeFileSync(at("pairs.csv"), `${header}\n${barred}\n`);
      writeFileSync(
        at("decisions.csv"),
        `${header},decision,reader,decided_at\n${different},different,jk,2026-11-21\nx,1,y,2,same,jk,2026-11-21\n`,
      );
      execFileSync(NATIVE, ["bar", at("pairs.csv"), "--list", at("barred.csv")]);
      const lists = ["--decisions", at("decisions.csv"), "--barred", at("barred.csv"), "--previous", at("before")];
      execFileSync(NATIVE, ["link", ...SAMPLE, "--out", at("after"), "--quiet", ...lists]);

      await page.setInputFiles("#link-files", SAMPLE);
      await page.getByText("What is known already").click();
      await page.setInputFiles("#link-lists", [at("decisions.csv"), at("barred.csv"), at("before/children.csv")]);
      await page.locator("#link-start").click();
      const problems = page.locator(".nhsuk-error-summary");
      await problems.getByText("choose the key of the barred pairs").waitFor();
      await problems.getByText("choose summary.json of the same run").waitFor();
      await assertAccessible(page);
      await page.setInputFiles("#link-lists", [at("barred.csv.key"), at("before/summary.json"), SAMPLE[0]]);
      await problems.getByText("“chis-01.csv” is none of the lists").waitFor();
      await page.locator("#link-start").click();
      await shown();
      await page.getByText("1 decisions are on records that are not in the input").waitFor();
      for (const name of ["children.csv", "links.csv", "review.csv", "restricted.csv", "changes.csv"]) {
        assert.ok((await saved(name)).equals(readFileSync(at(`after/${name}`))), name);
      }
      assert.ok(!(await saved("links.csv")).includes(barred), "the barred pair is nowhere");
      assert.deepEqual(page.faults, []);
    } finally {
      rmSync(out, { recursive: true });
    }
  },
);

it("draws what the model learned of each comparison, with its table", async () => {
  await linkSample();
  const pictures = page.getByRole("img", { name: /^m and u of each level of/ });
  assert.ok((await pictures.count()) >= 8, "a picture for each comparison");
  const number = page.getByRole("img", { name: "m and u of each level of NHS number" });
  assert.ok((await number.getByText(/^m \d/).count()) >= 2);
  await page.getByText("NHS number as a table").click();
  const table = page.getByRole("table", { name: "m and u of NHS number" });
  const [m, u, weight] = await table.locator("tbody tr").first().locator("td").allTextContents();
  assert.ok(Math.abs(Math.log2(Number(m) / Number(u)) - Number(weight.replace("−", "-").replace("+", ""))) < 0.2);
  await page.getByRole("img", { name: /^How many children have how many records/ }).waitFor();
});

it("takes files that are dropped on their place, and keeps the tab when one is dropped beside it", async () => {
  const drop = (target, name) =>
    page.evaluate(
      ([target, name]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["record_id,family_name,birth_date\n1,<b>Smith</b>,2020-02-03\n"], name));
        const event = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
        return [...document.querySelectorAll(target)].find((one) => one.checkVisibility()).dispatchEvent(event);
      },
      [target, name],
    );
  assert.equal(await drop("h1", "beside.csv"), false, "the browser is kept from opening it");
  assert.equal(await page.getByText("beside.csv").count(), 0);
  await drop(".app-drop", "dropped.csv");
  await page.getByRole("heading", { name: "dropped.csv" }).waitFor();
  await page.getByText("Columns", { exact: true }).click();
  await page.getByRole("row", { name: "family_name <b>Smith</b>" }).waitFor();
});

it("tells what another threshold would change, by keyboard", async () => {
  await linkSample();
  const control = page.locator("#link-threshold");
  const ofRun = await control.inputValue();
  await control.focus();
  for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowRight");
  const moved = await control.inputValue();
  assert.ok(Number(moved) > Number(ofRun) + 10);
  await page
    .locator("#link-threshold-told")
    .getByText(new RegExp(`^At ${moved} bits instead of ${ofRun}: \\d+ links would be left for review`))
    .waitFor();
  assert.equal(await page.locator(".app-chart").first().getAttribute("role"), "img");
});

it("hands its doubtful pairs to the Review page", async () => {
  await linkSample();
  await page.locator("#link-review").click();
  await page.fill("#review-reader", "jk");
  await page.locator("#review-offered").click();
  await page.getByRole("heading", { name: "Pair 1 of 1" }).waitFor();
});

for (const [encoding, bytes, under = ""] of [
  ["UTF-8", (text) => Buffer.from(text)],
  ["UTF-16LE", (text) => Buffer.from(`\uFEFF${text}`, "utf16le")],
  ["WINDOWS-1252", (text) => Buffer.from(text, "latin1")],
  ["UTF-8", (text) => Buffer.from(`sep=;\r\n${text}`), " under a line that names the delimiter"],
  ["UTF-16LE", (text) => Buffer.from(`\uFEFFsep=;\r\n${text}`, "utf16le"), " under a line that names the delimiter"],
]) {
  it(`lets columns be chosen by hand where it does not know them (${encoding}${under})`, async () => {
    const rows =
      'Key;"Nachname;\nkurz";Vorname;Geburtstag\n1;Smith;Zoë;2020-02-03\n2;Smith;Zoë;2020-02-03\n3;Jones;Bob;2019-05-06\n';
    await page.setInputFiles("#link-files", [{ name: "clinic.csv", mimeType: "text/csv", buffer: bytes(rows) }]);
    await page.getByText(`${encoding}; 0 of 4 columns recognised`).waitFor();
    await page.locator("#link-start").click();
    await page.locator(".nhsuk-error-summary").getByText("no column is taken for the date of birth").waitFor();
    for (const [place, column] of ["record_id", "family_name", "given_name", "birth_date"].entries()) {
      await page.selectOption(`#link-0-column-${place}`, column);
    }
    await page.locator("#link-start").click();
    await shown();
    assert.equal(await numberIn("Rows accepted"), 3);
    await page.getByText("Columns as they were read").first().click();
    await page.getByRole("row", { name: "clinic.csv family_name Family name" }).waitFor();
  });
}

it("reads Parquet: numbers, dates and dictionaries as the command line does", async () => {
  await page.setInputFiles("#link-files", [file("tests/www/data/children.parquet")]);
  await page.getByText("Parquet; 5 of 5 columns recognised").waitFor();
  await page.locator("#link-start").click();
  await page.getByRole("heading", { name: "4 records are 3 children" }).waitFor();
  await page.fill("#link-wanted", "101");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByRole("button", { name: "Show why children 101 and children 102" }).click();
  await page.getByRole("row", { name: /^NHS number same valid number/ }).waitFor();
  await page.getByRole("row", { name: /^Birth date same/ }).waitFor();
  assert.deepEqual(page.faults, []);
});

it("says what is wrong with files that cannot be used, and lives on", async () => {
  const cases = [
    ["empty.csv", "", /is empty/],
    ["letter.pdf", "%PDF-1.7", /is a PDF/],
    ["book.xlsx", "PK\u0003\u0004", /is a workbook/],
    ["one.csv", "record_id family_name birth_date\n1 a 2020-01-01\n", /has only one column/],
    ["wide.csv", `record_id${",x".repeat(20_000)}\n`, /“wide\.csv” has 20,001 columns: a file of records has fewer/],
  ];
  for (const [name, content, message] of cases) {
    await page.setInputFiles("#link-files", { name, mimeType: "text/csv", buffer: Buffer.from(content, "latin1") });
    await page.locator(".nhsuk-error-summary").getByText(message).waitFor();
  }
  // What only the reader of the whole file finds is told with the name of the file as it is.
  await page.setInputFiles("#link-files", [csv("twice.csv", "record_id,family_name,family_name,birth_date\n")]);
  await page.locator("#link-start").click();
  await page.locator(".nhsuk-error-summary").getByText(/^“twice\.csv”: columns 2 and 3 are both named family_name/).waitFor();
  await page.getByRole("button", { name: "Take twice.csv away" }).click();
  // Five gigabytes made of one piece many times over.
  await page.evaluate(() => {
    const piece = new Blob([new Uint8Array(50_000_000)]);
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(Array(100).fill(piece), "all.csv"));
    const zone = [...document.querySelectorAll(".app-drop")].find((one) => one.checkVisibility());
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page
    .locator(".nhsuk-error-summary")
    .getByText(/5\.0 GB, more than a page can hold: use the command line/)
    .waitFor();
  // A spreadsheet has been at it: numbers as powers of ten.
  const damaged =
    "record_id,nhs_number,family_name,birth_date\n1,9.43E+09,Smith,2020-02-03\n2,9434765919,Smith,2020-02-03\n3,4010232137,Jones\n";
  await page.setInputFiles("#link-files", [csv("damaged.csv", damaged)]);
  await page.locator("#link-start").click();
  await page.getByRole("row", { name: /NHS number A spreadsheet turned the number into powers of ten/ }).waitFor();
  assert.equal(await numberIn("Rows set aside"), 1);
  await page.getByRole("button", { name: "Take damaged.csv away" }).click();
  await page.setInputFiles("#link-files", [csv("header.csv", "record_id,family_name,birth_date,shoe_size\n")]);
  await page.locator("#link-start").click();
  await page.getByRole("heading", { name: "0 records are 0 children" }).waitFor();
  await page.getByText("Columns as they were read").first().click();
  await page.getByRole("row", { name: /^header\.csv There is no row below the header/ }).waitFor();
  await page.getByRole("row", { name: /^header\.csv .*: shoe_size$/ }).waitFor();
  assert.deepEqual(page.faults, []);
});

it("stays in the user's hands while it works, and can be cancelled", async () => {
  const rows = Array.from(
    { length: 200_000 },
    (_, n) => `${n},Name${n % 5000},Given${n % 777},20${10 + (n % 14)}-0${1 + (n % 9)}-1${n % 10}`,
  );
  await page.setInputFiles("#link-files", [
    csv("big.csv", `record_id,family_name,given_name,birth_date\n${rows.join("\n")}\n`),
  ]);
  await page.evaluate(() => {
    let last = performance.now();
    globalThis.longest = 0;
    const step = (now) => {
      globalThis.longest = Math.max(globalThis.longest, now - last);
      last = now;
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  await page.locator("#link-start").click();
  await page
    .locator("#link-progress-text")
    .getByText(/step \d of 5/)
    .waitFor();
  // The bar moves on while a phase that tells nothing of itself is at work.
  await page.waitForFunction(() => {
    const text = document.querySelector("#link-progress-text").textContent;
    const value = document.querySelector("#link-progress progress").value;
    if (!/step [2-5]/.test(text)) return false;
    globalThis.seen ??= new Map();
    const step = text.slice(0, text.indexOf(":"));
    globalThis.seen.set(step, (globalThis.seen.get(step) ?? new Set()).add(value));
    return [...globalThis.seen.values()].some((values) => values.size >= 3);
  });
  await page.locator("#link-cancel").click();
  await page.locator("#link-start:focus").waitFor();
  assert.equal(await page.locator("#link-progress").isVisible(), false);
  console.log(
    `longest time between two frames until the run was cancelled: ${Math.round(await page.evaluate(() => globalThis.longest))} ms`,
  );
  await page.getByRole("button", { name: "Take big.csv away" }).click();
  await linkSample();
});

// The Schedule page: one child's life, and a due list from a file.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, it } from "node:test";
import { assertAccessible, openSite, photograph } from "./site.js";

let site, page;
before(async () => {
  site = await openSite();
  page = await site.open("schedule");
});
after(() => site?.close());

const row = (name) => page.getByRole("row", { name });
const problems = () => page.locator(".nhsuk-error-summary li").allTextContents();

it("shows what is due when the date of birth is in", async () => {
  await page.fill("#schedule-birth", "5 Jan 2026");
  await page.fill("#schedule-as-at", "2/3/2026");
  // 8 weeks after 5 January 2026 is 2 March 2026: the first 6-in-1 of the schedule from 1 January 2026.
  await row(/^6-in-1, dose 1 Due 2 Mar 2026/).waitFor();
});

it("says what is due to those who listen, once the hand has rested, and once", async () => {
  const announcer = page.locator("#announcer");
  await announcer.getByText(/^(Overdue: .*\. )?Due: .*6-in-1, dose 1.*\.$/).waitFor();
  await page.evaluate(() => {
    globalThis.heard = 0;
    new MutationObserver(() => (globalThis.heard += 1)).observe(document.getElementById("announcer"), { childList: true });
  });
  // The same day in other letters changes nothing.
  for (const text of ["02/03/2026", "2 March 2026"]) await page.fill("#schedule-as-at", text);
  await page.waitForTimeout(2000);
  assert.equal(await page.evaluate(() => globalThis.heard), 0);
  await page.fill("#schedule-as-at", "6/1/2026");
  await page.waitForFunction(() => globalThis.heard === 1);
});

it("takes doses one by one and by the handful, and judges them", async () => {
  await page.getByRole("button", { name: "Show an example child" }).click();
  await row("6 May 2024 6-in-1 (Infanrix hexa) ✓ Counts 6-in-1, dose 1").waitFor();
  await row(/20 May 2024 6-in-1 \(Infanrix hexa\) ✕ Does not count.*interval too short/).waitFor();
  await page.fill("#schedule-event-date", "17/06/2024");
  await page.selectOption("#schedule-event", "dose infanrix-hexa");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await row(/17 Jun 2024 6-in-1 \(Infanrix hexa\) ✓ Counts 6-in-1, dose 2/).waitFor();
  await page.getByRole("button", { name: /Remove 6-in-1 \(Infanrix hexa\) of 17 June 2024/ }).click();
  await row(/^17 Jun 2024/).waitFor({ state: "detached" });
});

it("says which pasted lines it could not read, and keeps the others", async () => {
  await page.fill(
    "#schedule-paste",
    "10/03/2025\tmmrvaxpro\nsoon, bexsero\n11/03/2025, snake oil\n12/03/2025;PCV13 (Prevenar 13)",
  );
  await page.getByRole("button", { name: "Add the lines" }).click();
  await page.locator(".nhsuk-error-summary li").first().waitFor();
  assert.deepEqual(
    (await problems()).map((text) => text.split(":")[0]),
    ["Line 2", "Line 3"],
  );
  await row(/10 Mar 2025 MMR \(M-M-RVAXPRO\)/).waitFor();
  await row(/12 Mar 2025 PCV13 \(Prevenar 13\)/).waitFor();
});

it("draws each mark with its sign and words, for any span of years", async () => {
  const picture = page.locator(".app-timeline");
  assert.equal(await picture.getAttribute("role"), "img");
  assert.deepEqual(await picture.locator(".app-mark--invalid text").allTextContents(), ["✕"]);
  await photograph(page, "schedule");
  await page.getByLabel("Birth to 18 years").check();
  await picture.getByText("2036").first().waitFor();
  await assertAccessible(page);
});

it("leaves the controls out of print", async () => {
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("#schedule-birth").isVisible(), false);
  assert.equal(await page.locator(".app-timeline").isVisible(), true);
  await page.getByText("Born 10 March 2024; England.", { exact: true }).waitFor();
  await page.emulateMedia({ media: "screen" });
});

const upload = (name, text) =>
  page.setInputFiles("#due-list-file", { name, mimeType: "text/plain", buffer: Buffer.from(text) });

it("makes a due list from a file, and survives files that are none", async () => {
  for (const [name, bytes, message] of [
    ["empty.ndjson", "", /is empty/],
    ["letter.pdf", "%PDF-1.7 ...", /is a PDF/],
    ["book.xlsx", "PK\u0003\u0004....", /is a workbook/],
    ["ages.csv", "name,age\na,1\n", /is neither a file of children nor of what was given/],
    ["doses.csv", "record_id,date,product\n1,2024-01-01,bexsero\n", /There is no file of children/],
  ]) {
    await upload(name, bytes);
    await page.locator(".nhsuk-error-summary").getByText(message).waitFor();
  }
  await upload(
    "children.ndjson",
    '{"id":"a","birth_date":"2026-01-05","doses":[],"as_at":"2026-03-02"}\nnonsense\n{"id":"b","birth_date":"2026-01-05","death_date":"2026-01-09","doses":[],"as_at":"2026-03-02"}\n',
  );
  await page.getByText("1 line could not be read").waitFor();
  await row(/^a 6-in-1, dose 1 Due 2 Mar 2026/).waitFor();
  assert.equal(
    await page.locator("#due-list-result").getByRole("row", { name: /^b / }).count(),
    0,
    "nothing is due to the dead",
  );
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Save due-list.csv" }).click(),
  ]);
  const csv = await readFile(await download.path(), "utf8");
  assert.ok(csv.startsWith("id,item,dose,status,due,latest\n"));
  assert.match(csv, /^a,six-in-one,1,due,2026-03-02,/m);
  assert.deepEqual(page.faults, []);
});

it("joins files of children and of what was given to a due list, by the day above", async () => {
  await page.fill("#schedule-as-at", "1 Jun 2025");
  const files = {
    "children.csv": "record_id;surname;dob\na;Smith;10/03/2024\nb;Jones;10/03/2024\n",
    // On 1 June 2025 both are past 1 year: MMR is overdue unless it was given after the first birthday.
    "doses.csv":
      "record_id,date,product,given\na,11/03/2025,priorix,yes\nb,11/03/2025,priorix,no\nz,11/03/2025,priorix,\n",
  };
  await page.setInputFiles(
    "#due-list-file",
    Object.entries(files).map(([name, text]) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) })),
  );
  await page.getByText("1 row of what was given or done belongs to no child").waitFor();
  const list = page.locator("#due-list-result");
  await list.getByRole("row", { name: /^b MMR or MMRV, dose 1 Overdue 10 Mar 2025/ }).waitFor();
  assert.equal(await list.getByRole("row", { name: /^a MMR/ }).count(), 0);
  assert.equal(await list.getByRole("row", { name: /Newborn|review/ }).count(), 0, "nobody said what was screened");
  await assertAccessible(page);
  assert.deepEqual(page.faults, []);
});

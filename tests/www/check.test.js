// The Check page: one record, read while it is typed.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { assertAccessible, openSite, photograph, tabTo } from "./site.js";

let site, page;
before(async () => {
  site = await openSite();
  page = await site.open("check");
});
after(() => site?.close());

const understood = (field) => page.locator(`#check-${field}-understood`);

it("tells beside each field what was understood of it", async () => {
  await page.fill("#check-nhs_number", "943-476-5919");
  await page.fill("#check-given_name", "Twin 2");
  await page.fill("#check-family_name", "O’Brien");
  await page.fill("#check-birth_date", "29/02/2024");
  await page.fill("#check-postcode", "zz993vz");
  await understood("nhs_number").getByText("943 476 5919 (a range for tests only)").waitFor();
  await understood("given_name").getByText("missing; born as number 2").waitFor();
  await understood("family_name").getByText("OBRIEN").waitFor();
  await understood("birth_date").getByText("Thursday 29 February 2024").waitFor();
  await understood("postcode").getByText("never evidence").first().waitFor();
});

it("tells those who listen only what is new beside a field", async () => {
  assert.match(await page.getAttribute("#check-postcode", "aria-describedby"), /(^| )check-postcode-understood( |$)/);
  await page.evaluate(() => {
    globalThis.renewed = [];
    for (const place of document.querySelectorAll("[aria-live]"))
      new MutationObserver(() => globalThis.renewed.push(place.id)).observe(place, { childList: true });
  });
  await page.fill("#check-family_name", "Smith");
  await understood("family_name").getByText("SMITH").waitFor();
  await page.fill("#check-postcode", "ls1 4ap");
  await understood("postcode").getByText("LS1 4AP").waitFor();
  const renewed = await page.evaluate(() => [...new Set(globalThis.renewed)].sort());
  assert.deepEqual(renewed, ["check-family_name-understood", "check-postcode-understood"]);
});

it("lists what cannot be used, and leads from the list to the field, by keyboard alone", async () => {
  await page.fill("#check-nhs_number", "943 476 5918");
  await page.locator("#check-nhs_number").focus();
  await tabTo(page, page.getByRole("button", { name: "Check the record" }));
  await page.keyboard.press("Enter");
  const link = page.getByRole("link", { name: /check digit does not agree/ });
  await link.waitFor();
  await tabTo(page, link);
  await page.keyboard.press("Enter");
  await page.locator("#check-nhs_number:focus").waitFor();
  assert.equal(await page.getAttribute("#check-nhs_number", "aria-invalid"), "true");
  await assertAccessible(page);
});

it("asks for what a record cannot do without", async () => {
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByRole("button", { name: "Check the record" }).click();
  await page.getByRole("link", { name: "Enter the date of birth" }).waitFor();
  await page.getByRole("link", { name: "Enter the family name, or the NHS number" }).waitFor();
});

it("says when every field can be used, and that a right check digit is no proof", async () => {
  await page.getByRole("button", { name: "Clear" }).click();
  await page.fill("#check-nhs_number", "9434765919");
  await page.fill("#check-birth_date", "2024-02-29");
  await page.getByRole("button", { name: "Check the record" }).click();
  await page.getByRole("heading", { name: "Every field can be used" }).waitFor();
  await page.getByText("not verified").waitFor();
  await page.selectOption("#check-nhs_number_status", "01");
  await page.getByRole("button", { name: "Check the record" }).click();
  await page.getByText("The NHS number is verified").waitFor();
  assert.deepEqual(page.faults, []);
});

it("finds possible duplicates in a file, and says of restricted ones only that they are there", async () => {
  const file = [
    "source_system,local_id,nhs_no,forename,surname,dob,postcode,sensitive",
    "gp,1,,Amelia,Okonkwo,05/06/2021,LS1 4AP,",
    "gp,2,,Amelia,Okonkwo,05/06/2021,LS1 4AP,Y",
    "gp,3,,Bertram,Fitzgerald,05/06/2021,BH1 1AA,",
  ].join("\n");
  await page.setInputFiles("#duplicates-file", { name: "index.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
  await page.locator("#duplicates-state").getByText("3 records of index.csv are searched").waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.fill("#check-given_name", "Amelia");
  await page.fill("#check-family_name", "Okonkwo");
  await page.fill("#check-birth_date", "2021-06-05");
  await page.fill("#check-postcode", "LS1 4AP");
  await page.getByRole("row", { name: /^gp 1 Amelia Okonkwo 5 Jun 2021/ }).waitFor();
  const rows = await page.locator("#duplicates-list tbody tr").allTextContents();
  assert.equal(rows.length, 2, "not the third child of that day");
  assert.equal(rows.filter((row) => row.startsWith("restricted record") && !row.includes("Amelia")).length, 1);
  await assertAccessible(page);
  await photograph(page, "check");
  await page.setInputFiles("#duplicates-file", { name: "empty.csv", mimeType: "text/csv", buffer: Buffer.from("") });
  await page.locator(".nhsuk-error-summary").getByText("is empty").waitFor();
  assert.deepEqual(page.faults, []);
});

it("tells nobody whether an address typed is that of a child of whom any record is sensitive", async () => {
  const open = async (name, rows) => {
    const header = "source_system,local_id,nhs_no,forename,surname,dob,address_1,postcode,gp_practice,sensitive";
    const buffer = Buffer.from([header, ...rows].join("\n"));
    await page.setInputFiles("#duplicates-file", { name, mimeType: "text/csv", buffer });
    await page.locator("#duplicates-state").getByText(`${rows.length === 1 ? "1 record" : `${rows.length} records`} of ${name} are searched`).waitFor();
  };
  /** What the page answers to a record with this address. */
  const answer = async (record, [address, postcode, practice]) => {
    await page.getByRole("button", { name: "Clear" }).click();
    const fields = { ...record, address_1: address, postcode, gp_practice: practice };
    for (const [field, text] of Object.entries(fields)) await page.fill(`#check-${field}`, text);
    // What was typed last is read when the hand has rested, and then searched.
    await page.waitForTimeout(400);
    await page.locator("#duplicates-list:not([aria-busy])").waitFor();
    return page.locator("#duplicates-list tbody tr").allTextContents();
  };
  const AT = ["1 High Street", "LS1 4AP", "A81001"];
  const ELSEWHERE = [
    ["9 Mill Lane", "BH1 1AA", "B82002"],
    ["1 High Street", "BH1 1AA", ""],
    ["", "LS1 4AP", "B82002"],
    ["", "", ""],
  ];
  const CHILD = { given_name: "Amelia", family_name: "Okonkwo", birth_date: "2021-06-05" };
  const row = (source, id, number, family, flag) =>
    [source, id, number, "Amelia", family, "05/06/2021", ...AT, flag].join(",");
  // One child: a record without the flag, and one with it.
  await open("two.csv", [row("gp", 1, "", "Okonkwo", ""), row("chis", 2, "", "Okonkwo", "Y")]);
  const there = await answer(CHILD, AT);
  assert.equal(there.length, 2);
  assert.ok(there.some((text) => text.startsWith("gp 1") && text.includes("without address and practice")));
  assert.ok(there.some((text) => text.startsWith("restricted record")));
  for (const place of ELSEWHERE) assert.deepEqual(await answer(CHILD, place), there, place.join());
  // The record with the flag has another family name: it is not like the record typed, but it is the same child.
  await open("renamed.csv", [
    row("gp", 1, "9434765919", "Okonkwo", ""),
    row("chis", 2, "9434765919", "Fitzgerald", "Y"),
    row("gp", 3, "", "Okonkwo", "").replace("Amelia", "Bertram"),
  ]);
  const renamed = await answer(CHILD, AT);
  assert.ok(renamed.some((text) => text.startsWith("gp 1") && text.includes("without address and practice")));
  for (const place of ELSEWHERE) assert.deepEqual(await answer(CHILD, place), renamed, place.join());
  // Nobody is sensitive: address and practice count.
  await open("open.csv", [row("gp", 1, "", "Okonkwo", "")]);
  const [near, far] = [await answer(CHILD, AT), await answer(CHILD, ELSEWHERE[0])];
  assert.ok(near.length === 1 && !near[0].includes("without address"));
  assert.notDeepEqual(near, far);
  assert.deepEqual(page.faults, []);
});

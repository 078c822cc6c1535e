// The Check page: one record, read while it is typed.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { assertAccessible, openSite, tabTo } from "./site.js";

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
  await page.setInputFiles("#duplicates-file", { name: "empty.csv", mimeType: "text/csv", buffer: Buffer.from("") });
  await page.locator(".nhsuk-error-summary").getByText("is empty").waitFor();
  assert.deepEqual(page.faults, []);
});

// The Link page: a child looked up in the results, its records, and why they are together.
import assert from "node:assert/strict";
import { after, before, beforeEach, it } from "node:test";
import { csv, linkIn, linkSampleIn, savedFrom } from "./linking.js";
import { assertAccessible, openSite, photograph } from "./site.js";

let site, page;
before(async () => {
  site = await openSite();
});
after(() => site?.close());
beforeEach(async () => {
  await page?.close();
  page = await site.open("link");
});

const lookUp = async (wanted) => {
  await page.fill("#link-wanted", wanted);
  await page.getByRole("button", { name: "Look up" }).click();
};
const clusterTitle = (text) => page.locator("#link-cluster").getByRole("heading", { name: text, exact: true });
const rowsOf = (text) => {
  const [header, ...rows] = text.trim().split("\n").map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(header.map((name, place) => [name, row[place]])));
};

it("withholds what a sensitive child's address and practice weigh", async () => {
  const rows = [
    "record_id,source,nhs_number,given_name,family_name,birth_date,postcode,address_1,gp_practice,sensitive",
    "1,gp,9434765919,Amelia,Okonkwo,2021-06-05,LS1 4AP,1 High Street,A81001,",
    "2,chis,9434765919,Amelia,Okonkwo,2021-06-05,LS1 4AP,1 High Street,A81001,Y",
  ];
  await linkIn(page, [csv("two.csv", rows.join("\n"))]);
  await page.getByRole("heading", { name: "2 records are 1 child", exact: true }).waitFor();
  await lookUp("943 476 5919");
  await page.getByRole("button", { name: /^Show why/ }).click();
  await page.getByRole("row", { name: /^NHS number same valid number/ }).waitFor();
  for (const name of ["Address and postcode", "GP practice"]) {
    const row = page.locator("#link-why").getByRole("row", { name: new RegExp(`^${name}`) });
    const cells = row.locator("td");
    assert.deepEqual(await cells.allTextContents(), ["withheld: a sensitive record", "withheld", "withheld"], name);
  }
  // The sum less the parts that are shown would be what is withheld.
  const sum = page.locator("#link-why").getByRole("row", { name: /^Together/ }).locator("td");
  assert.deepEqual(await sum.allTextContents(), ["over 10 bits: one child, by weight", "withheld", "withheld"]);
  const pair = page.locator("#link-cluster").getByRole("row", { name: /^gp 1 and chis 2|^chis 2 and gp 1/ });
  assert.equal(await pair.locator("td").nth(1).textContent(), "over 10 bits: one child, by weight");
  assert.equal(await page.locator("#link-cluster svg .app-halo", { hasText: /\d\.\d/ }).count(), 0);
});

it("looks a child up, draws its records and tells why they are together", async () => {
  await linkSampleIn(page);
  await lookUp("004240780");
  await page.locator("#link-cluster svg .app-node").first().waitFor();
  await page
    .getByRole("button", { name: /^Show why chis-01 004240780/ })
    .first()
    .click();
  await page.getByRole("row", { name: /^Together/ }).waitFor();
  await assertAccessible(page);
  await photograph(page.locator("section", { has: page.locator("#link-wanted") }).last(), "link-why");
  await lookUp("no such");
  await page.getByText("No record or child has this id or number").waitFor();
  assert.deepEqual(page.faults, []);
});

it("tells why a pair has the weight that links.csv states", async () => {
  await linkSampleIn(page);
  const childOf = new Map(
    rowsOf(String(await savedFrom(page, "children.csv"))).map((row) => [`${row.source} ${row.record_id}`, row.child_id]),
  );
  const pairs = rowsOf(String(await savedFrom(page, "links.csv"))).map((pair) => ({
    ...pair,
    left: `${pair.source_l} ${pair.record_id_l}`,
    right: `${pair.source_r} ${pair.record_id_r}`,
  }));
  const bits = (text) => Number(text.replace("−", "-"));
  const why = page.locator("#link-why");
  let told = 0;
  for (const child of new Set(pairs.map(({ left }) => childOf.get(left)))) {
    await lookUp(pairs.find(({ left }) => childOf.get(left) === child).record_id_l);
    await page.locator("#link-cluster").getByRole("heading", { name: new RegExp(`^Child ${child}: `) }).waitFor();
    if ((await page.getByText("A record of this child is sensitive").count()) > 0) continue;
    const own = pairs.filter(({ left, right }) => childOf.get(left) === child && childOf.get(right) === child);
    for (const { left, right, match_weight: weight } of own) {
      await page.getByRole("button", { name: `Show why ${left} and ${right}`, exact: true }).click();
      await why.getByRole("heading", { name: `${left} and ${right}`, exact: true }).waitFor();
      const parts = (await why.locator("tbody tr td:nth-child(3)").allTextContents()).map(bits);
      const sum = parts.pop();
      assert.equal(sum, Number(Number(weight).toFixed(1)), `${left} and ${right}`);
      // Each part is told to a tenth of a bit.
      const parted = parts.reduce((all, part) => all + part, 0);
      assert.ok(Math.abs(parted - sum) <= 0.05 * (parts.length + 1) + 1e-9, `${left} and ${right}: ${parted} is not ${sum}`);
      told += 1;
    }
  }
  assert.ok(told > 40, `${told} pairs`);
  assert.deepEqual(page.faults, []);
});

it("lists every record and child that may be meant, under names with spaces round them", async () => {
  const people = [
    ["7", "9434765919", "2021-06-05", "Okonkwo"],
    ["2", "9434765870", "2019-02-03", "Fitzgerald"],
    ["8", "4010232137", "2018-07-09", "Abernathy"],
  ];
  const row = ([id, number, born, family], source) => [id, source, number, born, family].join(",");
  const text = [
    "id, source , nhs_number, dob, surname",
    row(people[0], "gp"),
    row(["7", "", "2020-11-12", "Villanueva"], "chis"),
    row(people[1], "gp"),
    row(people[2], "gp"),
    row(["9", ...people[2].slice(1)], "chis"),
  ];
  await linkIn(page, [csv("spaces.csv", text.join("\n"))]);
  const childOf = new Map(
    rowsOf(String(await savedFrom(page, "children.csv"))).map((one) => [`${one.source} ${one.record_id}`, one.child_id]),
  );
  assert.equal(childOf.get("gp 8"), childOf.get("chis 9"));
  // One id in two sources.
  await lookUp("7");
  for (const source of ["gp", "chis"]) {
    const child = childOf.get(`${source} 7`);
    await page.getByRole("button", { name: `Record 7 of ${source}: show child ${child}`, exact: true }).click();
    await clusterTitle(`Child ${child}: 1 record`).waitFor();
    await lookUp("7");
  }
  // An id that is the number of another child as well.
  const [record, child] = [childOf.get("gp 2"), "2"];
  assert.ok([...childOf.values()].includes(child) && record !== child, "the example has both");
  await lookUp("2");
  await page.getByRole("button", { name: `Record 2 of gp: show child ${record}`, exact: true }).waitFor();
  await page.getByRole("button", { name: "The child with the number 2: show child 2", exact: true }).click();
  await page.locator("#link-cluster").getByRole("heading", { name: /^Child 2: / }).waitFor();
  // An NHS number, in a column whose name stands after a space.
  await lookUp("401 023 2137");
  await clusterTitle(`Child ${childOf.get("gp 8")}: 2 records`).waitFor();
  await page.getByRole("button", { name: /^Show why/ }).click();
  await page.locator("#link-why").getByRole("row", { name: /^NHS number same valid number/ }).waitFor();
  assert.deepEqual(page.faults, []);
});

it("says so when a child has more records than are drawn", async () => {
  const rows = Array.from({ length: 70 }, (_, n) => `${n + 100},9434765919,2021-06-05,Okonkwo,Amelia`);
  await linkIn(page, [csv("many.csv", `id,nhs_number,dob,surname,forename\n${rows.join("\n")}\n`)]);
  await page.getByRole("heading", { name: "70 records are 1 child", exact: true }).waitFor();
  await lookUp("101");
  await clusterTitle("Child 1: 70 records").waitFor();
  await page.getByText("The first 60 of them and the pairs between these are shown").waitFor();
  assert.equal(await page.locator("#link-cluster svg .app-node").count(), 60);
});

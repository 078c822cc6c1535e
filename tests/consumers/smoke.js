// What every consumer runs: one answer of each kind, and one error. Gives "OK" or says what was wrong.
export async function smoke(validate, full) {
  await validate.init();
  await full.init();
  const faults = [];
  const expect = (what, got, expected) => got === expected || faults.push(`${what}: ${got}, not ${expected}`);
  for (const api of [validate, full]) {
    expect("a valid number", api.isNhsNumber("943 476 5919"), true);
    expect("a wrong number", api.parseNhsNumber("9434765918").findings[0].code, "nhs-number/check-digit");
    expect("a record", api.normaliseRecord({ family_name: "O’Brien" }).record.family_name, "OBRIEN");
    try {
      api.formatNhsNumber(9434765919);
      faults.push("a number for text: nothing thrown");
    } catch (error) {
      expect("a number for text", error instanceof api.ChildlinkError && error.code, "argument/not-text");
    }
  }
  const child = { given_name: "Zoë", family_name: "O’Brien", birth_date: "2024-02-29", postcode: "LS1 4AP" };
  expect("a pair", full.comparePair(child, { ...child, given_name: "ZOE" }).waterfall.bars[1].level, "same");
  expect("a schedule", full.schedule({ birth_date: "2026-01-05" }, { asAt: "2026-03-02" }).as_at, "2026-03-02");
  const linker = new full.Linker();
  const rows = ["record_id,family_name,birth_date", "1,Okafor,2024-02-29", "2,Lee,2019-03-12"].join("\n");
  await linker.addFile("births.csv", new TextEncoder().encode(rows));
  expect("a linkage", (await linker.link()).summary.linkage.children, 2);
  return faults.length === 0 ? "OK" : faults.join("; ");
}

// What a runtime has to show: the smoke test, every case of tests/cases and every hostile argument, for both entries.
// The other files beside this one come from tests/js, and case-data.js holds the cases; the test puts them here.
import data from "./case-data.js";
import { everyCase } from "./every-case.js";
import { hostile } from "./hostile.js";
import { smoke } from "./smoke.js";
import { twoInstances } from "./two-instances.js";

/** `again` is the full entry of a second copy of the package in the same program. */
export async function proof(validate, full, again) {
  const faults = [];
  const smoked = await smoke(validate, full);
  if (smoked !== "OK") faults.push(smoked);
  for (const [api, least] of [
    [validate, 800],
    [full, 1000],
  ]) {
    const ran = await everyCase(api, data);
    if (ran.passed < least) faults.push(`only ${ran.passed} cases held`);
    faults.push(...ran.faults, ...hostile(api));
  }
  faults.push(...(await twoInstances(full, again)));
  return faults.length === 0 ? "OK" : faults.join("; ");
}

// What a runtime has to show: the smoke test, every case of tests/cases, every hostile argument and a trap, for all entries.
// The other files beside this one come from tests/js, and case-data.js holds the cases; the test puts them here.
import data from "./case-data.js";
import { everyCase, snapshotOf } from "./every-case.js";
import { hostile } from "./hostile.js";
import { smoke } from "./smoke.js";
import { trapped } from "./trap.js";
import { twoInstances } from "./two-instances.js";

/** `again` is the full entry of a second copy of the package in the same program, `edgeAgain` its entry for the edge. */
export async function proof({ validate, full, edge, again, edgeAgain }) {
  const faults = [];
  const smoked = await smoke(validate, full);
  if (smoked !== "OK") faults.push(smoked);
  const snapshot = snapshotOf(data);
  for (const [api, least] of [
    [validate, 800],
    [full, 1000],
    [edge, 1000 + data.messages.length],
  ]) {
    const ran = await everyCase(api, data);
    if (ran.passed < least) faults.push(`only ${ran.passed} cases held`);
    faults.push(...ran.faults, ...(await hostile(api, snapshot)), ...trapped(api));
  }
  faults.push(...(await twoInstances(full, again)));
  if (snapshot) faults.push(...(await twoInstances(edge, edgeAgain, snapshot)));
  return faults.length === 0 ? "OK" : faults.join("; ");
}

// What a child had and what it is due, from what is kept of it.
import { schedule } from "childlink/edge";

/** The child's schedule at a day, and beside it what was not given, with the reason as it was sent. */
export function careOf(id, { birth_date, sex, doses, outcomes }, asAt) {
  // A dose without its day or its product is not left out: the schedule has a finding for it.
  const given = doses.filter(({ given }) => given).map(({ date, product, procedure }) => ({ date: date ?? "", product: { snomed: product ?? procedure ?? "" } }));
  // A decision of the schedule names a series, which these do not.
  const not_given = doses
    .filter(({ given }) => !given)
    .map(({ date, product, procedure, reason_not_given }) => ({ date: date ?? null, product: product ?? null, procedure: procedure ?? null, reason: reason_not_given ?? null }));
  const screens = outcomes
    .filter(({ kind, screen }) => kind === "screen" && screen !== null)
    .map(({ screen, outcome, date }) => ({ ...screen, outcome: outcome ?? "", date: date ?? "" }));
  const death = outcomes.find(({ kind }) => kind === "death");
  // A dead child has nothing due, on whichever day it died.
  const died = death && (death.date ?? death.effective ?? birth_date);
  const child = { id, birth_date, ...(sex === null ? {} : { sex }), doses: given, screens, ...(died ? { death_date: died } : {}) };
  return { ...schedule(child, { asAt }), not_given };
}

/** What stands in the place of a child that turned out to be another: FHIR R4, Patient.link, `replaced-by`. */
export const replacedPatient = (child, by) => ({
  resourceType: "Patient",
  id: String(child),
  active: false,
  link: [{ other: { reference: `Patient/${by}` }, type: "replaced-by" }],
});

// Messages of made-up children, in every shape that the tests send.
const HEADER =
  "NHS_NUMBER|PERSON_FORENAME|PERSON_SURNAME|PERSON_DOB|PERSON_GENDER_CODE|PERSON_POSTCODE|DATE_AND_TIME|SITE_CODE|SITE_CODE_TYPE_URI|UNIQUE_ID|UNIQUE_ID_URI|ACTION_FLAG|NOT_GIVEN|VACCINATION_PROCEDURE_CODE|RECORDED_DATE|PRIMARY_SOURCE|DOSE_SEQUENCE|VACCINE_PRODUCT_CODE|INDICATION_CODE";

export const ZOE = { number: "9434765919", given: "Zoe", family: "Okafor", born: "20260105", sex: "F", postcode: "LS1 4AP", line: "14 High Street" };

/** The six-in-one (Infanrix hexa), as a row of an immunisation batch file. */
export const row = (id, { number = "", given, family, born, sex, postcode }, day = "20260302", action = "new") =>
  `${number}|${given}|${family}|${born}|${sex === "F" ? 2 : 1}|${postcode}|${day}T10000000|RVVKC|x|${id}|https://supplier.example|${action}||1303503001|${day}|TRUE|1|42605811000001109|\n`;
export const batch = (...rows) => `${HEADER}\n${rows.join("")}`;

/** HL7 v2: a child is added. */
export const announced = (id, { number = "", given, family, born, sex, postcode, line }) =>
  `MSH|^~\\&|MAT|RVVKC|CHIS|X|20260105101500||ADT^A28|${id}|P|2.4\rEVN|A28|20260105101500\rPID|1||${number}^^^NHS||${family}^${given}||${born}|${sex}|||${line}^^Leeds^^${postcode}\r`;

const isoDay = (day) => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`;
const NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number";

/** FHIR R4 JSON: an Immunization with its patient in it; MenB (Bexsero). */
export const immunization = (id, { number, given, family, born, postcode }) =>
  JSON.stringify({
    resourceType: "Immunization",
    contained: [{ resourceType: "Patient", id: "p", identifier: [{ system: NHS_NUMBER, value: number }], name: [{ family, given: [given] }], birthDate: isoDay(born), address: [{ postalCode: postcode }] }],
    identifier: [{ system: "https://supplier.example", value: id }],
    status: "completed", vaccineCode: { coding: [{ system: "http://snomed.info/sct", code: "23584211000001109" }] },
    patient: { reference: "#p" }, occurrenceDateTime: "2026-03-02T10:00:00+00:00", recorded: "2026-03-02",
  });

/** NEMS STU3 XML: a result of the blood spot test for phenylketonuria. */
export const bloodSpot = (id, { number, given, family, born }) => `<Bundle xmlns="http://hl7.org/fhir"><type value="message"/>
<entry><resource><MessageHeader><id value="${id}"/><meta><lastUpdated value="2026-01-12T15:00:00+00:00"/></meta>
<extension url="https://fhir.nhs.uk/STU3/StructureDefinition/Extension-MessageEventType-1"><valueCodeableConcept><coding><code value="new"/></coding></valueCodeableConcept></extension>
<event><code value="blood-spot-test-outcome-1"/></event><timestamp value="2026-01-12T15:00:00+00:00"/><source><endpoint value="urn:nhs:addressing:asid:1"/></source>
<focus><reference value="urn:uuid:e"/></focus></MessageHeader></resource></entry>
<entry><fullUrl value="urn:uuid:p"/><resource><Patient><identifier><system value="${NHS_NUMBER}"/><value value="${number}"/></identifier><name><use value="official"/><family value="${family}"/><given value="${given}"/></name><birthDate value="${isoDay(born)}"/></Patient></resource></entry>
<entry><fullUrl value="urn:uuid:e"/><resource><Encounter><identifier><system value="https://failsafe.example"/><value value="${id}"/></identifier></Encounter></resource></entry>
<entry><resource><Procedure><status value="completed"/><code><coding><code value="314081000"/></coding></code><performedDateTime value="2026-01-10"/><outcome><coding><code value="04"/></coding></outcome></Procedure></resource></entry>
</Bundle>`;

/** A request of `$match`. */
export const patient = ({ number, given, family, born, postcode }) =>
  JSON.stringify({
    resourceType: "Patient",
    ...(number ? { identifier: [{ system: NHS_NUMBER, value: number }] } : {}),
    name: [{ family, given: [given] }],
    birthDate: isoDay(born),
    address: [{ postalCode: postcode }],
  });

/** HL7 v2: the child of a number turns out to be this one. */
export const merged = (id, { number, given, family, born, sex }, subsumed) =>
  `MSH|^~\\&|MAT|RVVKC|CHIS|X|20260201101500||ADT^A40|${id}|P|2.4\rEVN|A40|20260201101500\rPID|1||${number}^^^NHS||${family}^${given}||${born}|${sex}\rMRG|${subsumed}^^^NHS\r`;

/** FHIR R4 JSON: the MenB (Bexsero) that was not given, for want of consent (SNOMED CT 310376006, as in the publisher's example). */
export const declined = (id, child) =>
  JSON.stringify({ ...JSON.parse(immunization(id, child)), status: "not-done", statusReason: { coding: [{ system: "http://snomed.info/sct", code: "310376006" }] } });

import { loadForms, today } from "../core.js";
import { announce, h, renew, whenCalm } from "../dom.js";
import { errorSummary, problemOf } from "../parts/error-summary.js";
import { button, formGroup, input, select } from "../parts/form.js";
import { FIELDS, count, sentence } from "../words.js";
import { duplicates } from "./duplicates/index.js";
import { understand } from "./understood.js";

const CONTROLS = {
  nhs_number: {
    hint: "Ten figures, for example 943 476 5919",
    control: () => input({ class: "nhsuk-input nhsuk-input--width-20", inputmode: "numeric" }),
  },
  nhs_number_status: {
    hint: "How far the number has been checked against national records",
    control: () =>
      select([
        ["", "Not known"],
        ["01", "01 Number present and verified"],
        ["02", "02 Number present but not traced"],
        ["03", "03 Trace required"],
        ["04", "04 Trace attempted, no match or several"],
        ["05", "05 Trace needs to be resolved"],
        ["06", "06 Trace in progress"],
        ["07", "07 Number not present, trace not required"],
        ["08", "08 Trace postponed"],
      ]),
  },
  given_name: { hint: "As registered. “Baby” or “Twin 2” count as missing" },
  family_name: {},
  birth_date: {
    hint: "For example 29 2 2024, 29/02/2024 or 2024-02-29",
    control: () => input({ class: "nhsuk-input nhsuk-input--width-20" }),
  },
  birth_order: {
    hint: "1 for the first born; leave empty for a single birth",
    control: () => input({ class: "nhsuk-input nhsuk-input--width-4" }),
  },
  sex: {
    control: () =>
      select([
        ["", "Not known"],
        ["2", "Female"],
        ["1", "Male"],
        ["9", "Not specified"],
      ]),
  },
  address_1: {},
  postcode: { hint: "For example LS1 4AP", control: () => input({ class: "nhsuk-input nhsuk-input--width-10" }) },
  gp_practice: {
    hint: "The code of the practice, for example A81001",
    control: () => input({ class: "nhsuk-input nhsuk-input--width-10" }),
  },
  mother_given_name: {},
  mother_family_name: {},
  mother_birth_date: { control: () => input({ class: "nhsuk-input nhsuk-input--width-20" }) },
  mother_nhs_number: { control: () => input({ class: "nhsuk-input nhsuk-input--width-20", inputmode: "numeric" }) },
};
const GROUPS = [
  ["The child", ["nhs_number", "nhs_number_status", "given_name", "family_name", "birth_date", "birth_order", "sex"]],
  ["Address and practice", ["address_1", "postcode", "gp_practice"]],
  ["The mother", ["mother_given_name", "mother_family_name", "mother_birth_date", "mother_nhs_number"]],
];
const NEEDED = [
  ["birth_date", "Enter the date of birth"],
  ["family_name", "Enter the family name, or the NHS number"],
];

/** The form in which one record is checked while it is typed. */
export function show(view) {
  const summary = errorSummary();
  const others = h("div", { id: "check-others" });
  const alike = duplicates(summary);
  const left = new Set();
  const rows = new Map(Object.entries(CONTROLS).map(([field, options]) => [field, rowOf(field, options)]));
  const record = () => Object.fromEntries([...rows].map(([field, { control }]) => [field, control.value.trim()]));

  const check = async ({ all = false } = {}) => {
    let forms;
    try {
      forms = await loadForms();
    } catch (cause) {
      summary.tell([problemOf(cause)], "The checks could not be started");
      return null;
    }
    const values = record();
    const options = { asAt: today() };
    const validation = forms.validateRecord(values, options);
    const understood = understand(forms, values, options);
    for (const [field, row] of rows) {
      const findings = validation.findings.filter((finding) => finding.field === field);
      const fault = findings.find(({ severity }) => severity === "fault");
      const told = fault && (all || left.has(field));
      row.fail(told ? sentence(`${fault.message}: ${fault.hint}`) : "");
      const beside = told ? findings.filter((finding) => finding !== fault) : findings;
      renew(row.understood, saidOf(values[field], understood[field], beside));
    }
    const more = validation.findings.filter(({ field }) => !rows.has(field));
    renew(others, more.map(findingText));
    alike.search(values);
    return { validation, values };
  };
  const checkSoon = whenCalm(check);

  for (const [field, { control }] of rows) {
    control.addEventListener("input", () => checkSoon());
    control.addEventListener("change", () => (left.add(field), check()));
  }

  const form = h(
    "form",
    { novalidate: true, onsubmit: (event) => (event.preventDefault(), submit()) },
    GROUPS.map(([legend, fields]) =>
      h(
        "fieldset",
        { class: "nhsuk-fieldset app-group" },
        h("legend", { class: "nhsuk-fieldset__legend nhsuk-fieldset__legend--m" }, legend),
        fields.map((field) => rows.get(field).row),
      ),
    ),
    others,
    h(
      "div",
      { class: "nhsuk-button-group" },
      h("button", { class: "nhsuk-button", type: "submit" }, "Check the record"),
      button("Clear", clear, { kind: "secondary" }),
    ),
  );
  const result = h("div", { id: "check-result", tabindex: "-1" });
  view.append(
    summary.place,
    result,
    h("h1", {}, "Check one record"),
    h("p", {}, "Fields are read as you type. Beside each stands what was understood. Nothing is kept or sent."),
    form,
    alike.place,
  );
  alike.onopen(() => check());

  async function submit() {
    result.replaceChildren();
    const checked = await check({ all: true });
    if (!checked) return;
    const { validation, values } = checked;
    const problems = NEEDED.filter(([field]) => !values[field] && !(field === "family_name" && values.nhs_number)).map(
      ([field, text]) => (rows.get(field).fail(text), { text, field: `check-${field}` }),
    );
    for (const { severity, field, message, hint } of validation.findings) {
      if (severity === "fault")
        problems.push({
          text: `${FIELDS[field] ?? ""}: ${message}. ${sentence(hint)}`,
          field: rows.has(field) && `check-${field}`,
        });
    }
    if (problems.length > 0) return summary.tell(problems);
    summary.clear();
    const doubts = validation.findings.filter(({ severity }) => severity === "warning").length;
    result.replaceChildren(
      h(
        "div",
        { class: "nhsuk-inset-text" },
        h("span", { class: "nhsuk-u-visually-hidden" }, "Information: "),
        h("h2", { class: "nhsuk-heading-m" }, "Every field can be used"),
        h(
          "p",
          {},
          doubts > 0
            ? `${count(doubts, "field needs", "fields need")} a second look: see the warnings below.`
            : "No warnings.",
        ),
        h(
          "p",
          {},
          validation.nhs_number_verified
            ? "The NHS number is verified: its status says that it is this child’s."
            : "The NHS number is not verified: a right check digit does not tell that it is this child’s.",
        ),
        validation.sensitive &&
          h("p", {}, "This is a sensitive record: its address, postcode and practice must not be shown."),
      ),
    );
    result.focus();
    result.scrollIntoView({ block: "start" });
  }

  function clear() {
    form.reset();
    left.clear();
    summary.clear();
    result.replaceChildren();
    check();
    rows.get("nhs_number").control.focus();
    announce("The form is empty");
  }
  check();
}

function rowOf(field, { hint, control = input }) {
  const group = formGroup({ id: `check-${field}`, label: FIELDS[field], hint, control: control() });
  const understood = h("div", { class: "app-understood", "aria-live": "polite", id: `check-${field}-understood` });
  group.control.setAttribute("aria-describedby", `${group.control.getAttribute("aria-describedby")} ${understood.id}`);
  return { ...group, understood, row: h("div", { class: "app-row" }, group.group, understood) };
}

/** What stands beside a field: what was understood, then what is worth telling. */
function saidOf(typed, understood, findings) {
  if (!typed) return [];
  return [
    understood && h("p", {}, h("span", { class: "app-quiet" }, "Understood as "), h("strong", {}, understood)),
    ...findings.map(findingText),
  ].filter(Boolean);
}

const SEVERITIES = { fault: ["red", "Cannot be used"], warning: ["yellow", "Warning"], note: ["blue", "Note"] };

function findingText({ severity, message, hint }) {
  const [colour, word] = SEVERITIES[severity];
  return h(
    "p",
    {},
    h("strong", { class: `nhsuk-tag nhsuk-tag--${colour}` }, word),
    " ",
    sentence(message),
    ". ",
    sentence(hint),
    ".",
  );
}

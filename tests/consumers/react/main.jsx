// A form of one child whose fields are checked while they are typed. Nothing leaves the page.
import { init, validateRecord } from "childlink/validate";
import { StrictMode, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";

const FIELDS = { nhs_number: "NHS number", given_name: "Given name", birth_date: "Date of birth", postcode: "Postcode" };

function Field({ name, label, value, invalid, findings, onChange }) {
  const described = findings.length > 0 ? `${name}-findings` : undefined;
  return (
    <p>
      <label htmlFor={name}>{label}</label>
      <input id={name} value={value} aria-invalid={invalid} aria-describedby={described} onChange={onChange} />
      <span id={described} role="status">
        {findings.map((finding) => `${finding.message}: ${finding.hint}`).join("; ")}
      </span>
    </p>
  );
}

function Form({ asAt }) {
  const [record, setRecord] = useState({});
  const { ok, fields, findings } = useMemo(() => validateRecord(record, { asAt }), [record, asAt]);
  const complete = ok && Object.keys(FIELDS).every((name) => fields[name] === "valid");
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      {Object.entries(FIELDS).map(([name, label]) => (
        <Field
          key={name}
          name={name}
          label={label}
          value={record[name] ?? ""}
          invalid={fields[name] === "invalid"}
          findings={findings.filter((finding) => finding.field === name)}
          onChange={({ target }) => setRecord({ ...record, [name]: target.value })}
        />
      ))}
      <button disabled={!complete}>Save</button>
    </form>
  );
}

await init();
createRoot(document.getElementById("page")).render(
  <StrictMode>
    <Form asAt="2026-11-21" />
  </StrictMode>,
);

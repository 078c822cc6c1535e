import { h } from "../dom.js";

/** A labelled control with its hint and a place for its error, as the NHS design system has it. */
export function formGroup({ id, label, hint, control, heading = false }) {
  const error = h("span", { class: "nhsuk-error-message", id: `${id}-error`, hidden: true });
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  control.id = id;
  control.setAttribute("aria-describedby", described);
  const group = h(
    "div",
    { class: "nhsuk-form-group" },
    h("label", { class: `nhsuk-label${heading ? " nhsuk-label--m" : ""}`, for: id }, label),
    hint && h("div", { class: "nhsuk-hint", id: `${id}-hint` }, hint),
    error,
    control,
  );
  return {
    group,
    control,
    /** Shows an error beside the control, or none for an empty text. */
    fail(text) {
      error.hidden = !text;
      error.replaceChildren(...(text ? [h("span", { class: "nhsuk-u-visually-hidden" }, "Error: "), text] : []));
      group.classList.toggle("nhsuk-form-group--error", Boolean(text));
      control.classList.toggle(`nhsuk-${kindOf(control)}--error`, Boolean(text));
      if (text) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    },
  };
}

const kindOf = (control) => ({ SELECT: "select", TEXTAREA: "textarea" })[control.tagName] ?? "input";

/** A line to type in; browsers neither complete nor check what is typed. */
export const input = (attributes = {}) =>
  h("input", { class: "nhsuk-input", type: "text", autocomplete: "off", spellcheck: "false", ...attributes });

/** A list to choose from, of `[value, text]`. */
export const select = (options, attributes = {}) =>
  h(
    "select",
    { class: "nhsuk-select", ...attributes },
    options.map(([value, text]) => h("option", { value }, text)),
  );

/** A button. */
export const button = (text, onclick, { kind = "", ...attributes } = {}) =>
  h(
    "button",
    { type: "button", class: `nhsuk-button${kind && ` nhsuk-button--${kind}`}`, onclick, ...attributes },
    text,
  );

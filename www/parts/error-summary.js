import { focusOn, h } from "../dom.js";
import { sentence } from "../words.js";

/** A place for an error summary as the NHS design system has it. `tell` shows it, `clear` takes it away. */
export function errorSummary() {
  const place = h("div");
  return {
    place,

    /** Shows problems `{ text, field? }`; a field is the id of the input to go to. */
    tell(problems, heading = "There is a problem") {
      const title = h("h2", { class: "nhsuk-error-summary__heading" }, heading);
      const items = problems.map(({ text, field }) =>
        h("li", {}, field ? h("a", { href: `#${field}` }, sentence(text)) : sentence(text)),
      );
      const summary = h(
        "div",
        { class: "nhsuk-error-summary", tabindex: "-1" },
        h(
          "div",
          { role: "alert" },
          title,
          h(
            "div",
            { class: "nhsuk-error-summary__body" },
            h("ul", { class: "nhsuk-list nhsuk-error-summary__list" }, items),
          ),
        ),
      );
      place.replaceChildren(summary);
      focusOn(summary);
      summary.scrollIntoView({ block: "start" });
    },

    clear() {
      place.replaceChildren();
    },
  };
}

/** What to tell of something caught: its message and, if it has one, what to do. */
export function problemOf(cause) {
  const hint = cause?.hint ? `: ${cause.hint}` : "";
  return { text: `${cause?.message ?? cause}${hint}` };
}

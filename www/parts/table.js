import { h } from "../dom.js";

/**
 * A table with a caption that can be scrolled by keyboard where it is too wide. A column is `{ head, cell, numeric? }`,
 * with `cell(row)` giving text or a node; the first column heads its rows.
 */
export function table(caption, columns, rows, { hideCaption = false } = {}) {
  const numeric = (column) => (column.numeric ? " nhsuk-table__cell--numeric" : "");
  const captionClass = hideCaption ? "nhsuk-u-visually-hidden" : "nhsuk-table__caption nhsuk-table__caption--s";
  return h(
    "div",
    { class: "app-scroll", role: "region", "aria-label": caption, tabindex: "0" },
    h(
      "table",
      { class: "nhsuk-table" },
      h("caption", { class: captionClass }, caption),
      h(
        "thead",
        { class: "nhsuk-table__head" },
        h(
          "tr",
          {},
          columns.map((column) =>
            h("th", { scope: "col", class: `nhsuk-table__header${numeric(column)}` }, column.head),
          ),
        ),
      ),
      h(
        "tbody",
        { class: "nhsuk-table__body" },
        rows.map((row) =>
          h(
            "tr",
            { class: "nhsuk-table__row" },
            columns.map((column, place) =>
              place === 0
                ? h("th", { scope: "row", class: `nhsuk-table__header${numeric(column)}` }, column.cell(row))
                : h("td", { class: `nhsuk-table__cell${numeric(column)}` }, column.cell(row)),
            ),
          ),
        ),
      ),
    ),
  );
}

import { h } from "../dom.js";

const TASKS = [
  ["check", "Check one record", "See what was understood of each field as it is typed, and what is wrong with it."],
  [
    "schedule",
    "See one child’s schedule",
    "What was given and whether it counts, what is due or overdue, and why: as a picture and as tables.",
  ],
  [
    "link",
    "Link files of records",
    "Find which records are of one child, with training, counts and charts, in this browser.",
  ],
  [
    "review",
    "Review pairs of records",
    "Decide which records are of one child: one pair at a time, side by side, with why it is there.",
  ],
];

/** The first page: what can be done here, and what happens to records. */
export function show(view) {
  view.append(
    h("h1", {}, "Children’s records: check, schedule, link, review"),
    h(
      "p",
      { class: "nhsuk-lede-text" },
      "For records clerks and analysts of child health information services. Files that you open are read in this page and go nowhere else.",
    ),
    h(
      "ul",
      { class: "nhsuk-list app-tasks" },
      TASKS.map(([path, title, text]) =>
        h("li", {}, h("h2", { class: "nhsuk-heading-m" }, h("a", { href: `#/${path}` }, title)), h("p", {}, text)),
      ),
    ),
    h("h2", { class: "nhsuk-heading-m" }, "How you can tell that nothing is sent"),
    h(
      "p",
      {},
      "The page tells the browser, before anything else, to allow no connection but to the host that served it. Once the line at the foot of the page says that it is ready, take the computer off the network: everything works on.",
    ),
  );
}

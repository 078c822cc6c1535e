import { h } from "../../dom.js";
import { table } from "../../parts/table.js";
import { dateInWords, sentence, shortDate } from "../../words.js";
import { STATUSES } from "./status.js";
import { titleOf } from "./events.js";

const NOTHING = "–";
const date = (text) => (text ? h("span", { class: "app-whole" }, shortDate(text)) : NOTHING);

export function tag(status) {
  const { word, tag } = STATUSES[status] ?? { word: status, tag: "grey" };
  return h("strong", { class: `nhsuk-tag nhsuk-tag--${tag}` }, word);
}

/** What a screen, review or series is called. */
export const nameOf = {
  series: (words, id) => sentence(words.series[id] ?? id),
  screen: (words, { kind, condition }) => {
    const { title = kind, conditions = {} } = words.screens[kind] ?? {};
    return sentence(condition ? `${title}: ${conditions[condition] ?? condition}` : title);
  },
  review: (words, { kind }) => sentence(words.reviews[kind]?.title ?? kind),
};

/** Everything that has a status, by what it is called. */
function withStatus(answer, words, status) {
  const vaccines = answer.forecast.map((entry) => ({ ...entry, name: vaccine(words, entry) }));
  const screens = alike(answer.screens, words);
  const reviews = answer.reviews.map((entry) => ({ ...entry, name: nameOf.review(words, entry) }));
  return [...vaccines, ...screens, ...reviews].filter((entry) => entry.status === status);
}

/** What to do now in one sentence, to be heard. */
export function todoInWords(answer, words) {
  const told = ["overdue", "due"].flatMap((status) => {
    const names = withStatus(answer, words, status).map(({ name }) => name);
    return names.length > 0 ? [`${STATUSES[status].word}: ${names.join("; ")}`] : [];
  });
  return told.length > 0 ? `${told.join(". ")}.` : "Nothing is due.";
}

/** What to do now: everything overdue or due, then the next visits. */
export function todo(answer, words) {
  const list = (entries) =>
    h(
      "ul",
      { class: "nhsuk-list nhsuk-list--bullet" },
      entries.map(({ name, due }) => h("li", {}, `${name}${due ? `, due ${dateInWords(due)}` : ""}`)),
    );
  const [overdue, due] = ["overdue", "due"].map((status) => withStatus(answer, words, status));
  return h(
    "div",
    {},
    h("h2", { class: "nhsuk-heading-l" }, `To do, as at ${dateInWords(answer.as_at)}`),
    overdue.length > 0 && [h("h3", { class: "nhsuk-heading-s" }, tag("overdue")), list(overdue)],
    due.length > 0 && [h("h3", { class: "nhsuk-heading-s" }, tag("due")), list(due)],
    overdue.length + due.length === 0 && h("p", {}, "Nothing is due on this day."),
    answer.visits.length > 0 &&
      table(
        "Visits: what can be given together",
        [
          { head: "From", cell: (visit) => date(visit.date) },
          { head: "Give", cell: (visit) => visit.give.map((series) => words.series[series] ?? series).join(", ") },
        ],
        answer.visits,
      ),
  );
}

const vaccine = (words, { series, dose }) => `${nameOf.series(words, series)}${dose ? `, dose ${dose}` : ""}`;

/** Why each date, with its source. */
export function forecastTable(answer, words) {
  const never = answer.forecast.filter(({ status }) => status === "not-eligible");
  const entries = answer.forecast.filter((entry) => !never.includes(entry)).sort((a, b) => order(a) - order(b));
  const details = table(
    "Vaccines: the next dose of each, and why",
    [
      { head: "Vaccine", cell: (entry) => vaccine(words, entry) },
      { head: "Status", cell: (entry) => tag(entry.status) },
      { head: "Due", cell: (entry) => date(entry.due) },
      { head: "Not before", cell: (entry) => date(entry.earliest) },
      { head: "Overdue from", cell: (entry) => date(entry.overdue_from) },
      { head: "Last day", cell: (entry) => date(entry.latest) },
      { head: "Why, and source", cell: why },
    ],
    entries,
  );
  const names = never.map(({ series }) => words.series[series] ?? series).join(", ");
  return h(
    "div",
    {},
    details,
    names && h("p", { class: "app-quiet" }, `Not eligible by birth date, nation or risk group: ${names}.`),
  );
}

const order = ({ status }) => Object.keys(STATUSES).indexOf(status);

function why({ rule, source }) {
  const unconfirmed = /unconfirmed/.test(`${rule} ${source}`);
  return h(
    "span",
    { class: "app-why" },
    unconfirmed && [h("strong", { class: "nhsuk-tag nhsuk-tag--orange" }, "Not confirmed"), " "],
    `${rule.replace(" (unconfirmed)", "")}. ${source}`,
  );
}

/** What was given, and whether it counts. */
export function historyTable(answer, words) {
  if (answer.history.length === 0) return null;
  return table(
    "Doses given, and whether they count",
    [
      { head: "Date", cell: (dose) => date(dose.date) },
      { head: "Given", cell: ({ product }) => titleOf(words, { kind: "dose", id: product?.snomed ?? product }) },
      {
        head: "Verdict",
        cell: ({ verdicts }) =>
          h(
            "ul",
            { class: "app-plain" },
            verdicts.map((one) => h("li", {}, verdict(words, one))),
          ),
      },
    ],
    answer.history,
  );
}

const VERDICTS = {
  valid: ["green", "✓ Counts"],
  invalid: ["red", "✕ Does not count"],
  extra: ["grey", "+ Not needed"],
};

function verdict(words, { series, dose, verdict, reason }) {
  const [colour, word] = VERDICTS[verdict];
  const name = series ? `${words.series[series] ?? series}${dose ? `, dose ${dose}` : ""}` : "";
  const because = reason === "counts" ? "" : ` (${reason.replaceAll("-", " ")})`;
  return [h("strong", { class: `nhsuk-tag nhsuk-tag--${colour}` }, word), ` ${name}${because}`];
}

/** Screens and reviews, those of no use to this child left out. */
export function careTable(answer, words) {
  const rows = [
    ...alike(answer.screens, words),
    ...answer.reviews.map((entry) => ({ ...entry, name: nameOf.review(words, entry) })),
  ].filter(({ status }) => status !== "not-eligible");
  return table(
    "Newborn screens and health reviews",
    [
      { head: "Screen or review", cell: (entry) => entry.name },
      { head: "Status", cell: (entry) => tag(entry.status) },
      { head: "Due", cell: (entry) => date(entry.due) },
      { head: "Standard missed from", cell: (entry) => date(entry.breach_from) },
      { head: "Standard", cell: (entry) => entry.standard ?? NOTHING },
    ],
    rows,
  );
}

/** Conditions of one screen that share status and dates stand in one row. */
function alike(screens, words) {
  const groups = new Map();
  for (const entry of screens) {
    const key = JSON.stringify([entry.kind, entry.status, entry.due, entry.breach_from, entry.standard]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((entries) => {
    const { title = entries[0].kind, conditions = {} } = words.screens[entries[0].kind] ?? {};
    const names = entries.map(({ condition }) => condition && (conditions[condition] ?? condition)).filter(Boolean);
    return { ...entries[0], name: sentence(names.length > 0 ? `${title}: ${names.join(", ")}` : title) };
  });
}

/** What childlink has to say about the data and its rules. */
export function findingList(answer) {
  if (answer.findings.length === 0) return null;
  return h(
    "div",
    { class: "nhsuk-inset-text" },
    h("h3", { class: "nhsuk-heading-s" }, "To bear in mind"),
    h(
      "ul",
      { class: "nhsuk-list nhsuk-list--bullet" },
      answer.findings.map(({ message, hint }) => h("li", {}, `${sentence(message)}. ${sentence(hint)}.`)),
    ),
  );
}

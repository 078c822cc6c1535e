import { loadCharts, loadFull, loadWords, today } from "../../core.js";
import { announce, h, whenCalm } from "../../dom.js";
import { errorSummary, problemOf } from "../../parts/error-summary.js";
import { button, formGroup, input, select } from "../../parts/form.js";
import { dateInWords, sentence } from "../../words.js";
import { careTable, findingList, forecastTable, historyTable, nameOf, todo, todoInWords } from "./answer.js";
import { dueListFromFile } from "./due-list.js";
import { childOf, choices, outcomesOf, readPasted, titleOf } from "./events.js";
import { timeline } from "./timeline.js";

const NATIONS = [
  ["england", "England"],
  ["scotland", "Scotland"],
  ["wales", "Wales"],
  ["northern-ireland", "Northern Ireland"],
];
const SPANS = [
  [2, "Birth to 2 years"],
  [5, "Birth to 5 years"],
  [18, "Birth to 18 years"],
];
const EXAMPLE = {
  birth: "10/03/2024",
  asAt: "1/6/2025",
  lines: [
    "06/05/2024, infanrix-hexa",
    "06/05/2024, bexsero",
    "06/05/2024, rotarix",
    "20/05/2024, infanrix-hexa",
    "15/03/2024, blood-spot, not-suspected",
    "12/03/2024, hearing, clear-response",
    "22/03/2024, new-birth-visit",
  ],
};

/** The Schedule page: what one child has had, what is due and why; and a due list from a file. */
export async function show(view) {
  const [childlink, words] = await Promise.all([loadFull(), loadWords()]);
  const summary = errorSummary();
  let events = [];
  let years = 2;

  const short = () => input({ class: "nhsuk-input nhsuk-input--width-20" });
  const birth = formGroup({
    id: "schedule-birth",
    label: "Date of birth",
    hint: "For example 29/02/2024",
    control: short(),
  });
  const asAt = formGroup({
    id: "schedule-as-at",
    label: "As at",
    hint: "The day on which the child is judged",
    control: short(),
  });
  const nation = formGroup({ id: "schedule-nation", label: "Nation", control: select(NATIONS) });
  const sex = formGroup({
    id: "schedule-sex",
    label: "Sex",
    control: select([
      ["unknown", "Not known"],
      ["female", "Female"],
      ["male", "Male"],
    ]),
  });
  const risks = words.riskGroups.map(({ id, title }) => riskBox(id, title));
  asAt.control.value = dateInWords(today());

  const eventDate = formGroup({ id: "schedule-event-date", label: "Date", control: short() });
  const event = formGroup({
    id: "schedule-event",
    label: "Vaccine, screen or review",
    control: h("select", { class: "nhsuk-select" }),
  });
  const outcome = formGroup({ id: "schedule-outcome", label: "Outcome of the screen", control: select([]) });
  const paste = formGroup({
    id: "schedule-paste",
    label: "Paste many at once",
    hint: "One line each: the date, then the product, its SNOMED code, or the screen with its outcome. For example 06/05/2024, infanrix-hexa",
    control: h("textarea", { class: "nhsuk-textarea", rows: 5, spellcheck: "false", autocomplete: "off" }),
  });
  const list = h("div", { id: "schedule-events" });
  const result = h("div", { id: "schedule-result" });

  // Once the hand has rested, and only what has changed: the page itself is too long to be read aloud at each letter.
  let heard = "";
  const tellSoon = whenCalm((text) => {
    if (text && text !== heard) announce(text);
    heard = text;
  }, 1000);

  const dateOf = (text) => childlink.parseBirthDate(text, { asAt: today() }).value?.display ?? null;
  const dayOf = ({ control }) => {
    const day = dateOf(control.value);
    return day?.length === 10 ? day : null;
  };
  const fillChoices = () => {
    const [dose, screen, review] = Object.values(choices(words, nation.control.value));
    const group = (label, kind, entries) =>
      h(
        "optgroup",
        { label },
        entries.map(([id, title]) => h("option", { value: `${kind} ${id}` }, sentence(title))),
      );
    event.control.replaceChildren(
      group("Vaccines", "dose", dose),
      group("Newborn screens", "screen", screen),
      group("Health reviews", "review", review),
    );
    fillOutcomes();
  };
  const fillOutcomes = () => {
    const [kind, id] = event.control.value.split(" ");
    outcome.group.hidden = kind !== "screen";
    outcome.control.replaceChildren(
      ...outcomesOf(words, id).map(([value, title]) => h("option", { value }, sentence(title))),
    );
  };

  async function update() {
    listEvents();
    const birthDate = birth.control.value.trim() && dateOf(birth.control.value);
    const day = dayOf(asAt);
    birth.fail(birth.control.value.trim() && !birthDate ? "Enter the date of birth as day, month and year" : "");
    asAt.fail(day ? "" : "Enter a whole date as day, month and year");
    if (!birthDate || !day) {
      tellSoon("");
      return result.replaceChildren();
    }
    const details = {
      birth_date: birthDate,
      sex: sex.control.value,
      nation: nation.control.value,
      risk_groups: risks.filter(({ box }) => box.checked).map(({ id }) => id),
    };
    try {
      const answer = childlink.schedule(childOf(details, events), { asAt: day });
      const picture = timeline(await loadCharts(), { rows: lanes(answer, words, events), birthDate, asAt: day, years });
      result.replaceChildren(
        // On paper the form is left out: who this is about must still stand there.
        h(
          "p",
          { id: "schedule-about" },
          `Born ${dateInWords(birthDate)}; ${NATIONS.find(([id]) => id === nation.control.value)[1]}.`,
        ),
        todo(answer, words),
        h("h2", { class: "nhsuk-heading-l" }, "The child’s life as a picture"),
        spanChoice(),
        picture,
        findingList(answer) ?? "",
        forecastTable(answer, words),
        historyTable(answer, words) ?? "",
        careTable(answer, words),
        button("Print this page", () => window.print(), { kind: "secondary" }),
      );
      tellSoon(todoInWords(answer, words));
      summary.clear();
    } catch (cause) {
      tellSoon("");
      result.replaceChildren();
      summary.tell([problemOf(cause)]);
    }
  }
  const updateSoon = whenCalm(update);

  function spanChoice() {
    return h(
      "fieldset",
      { class: "nhsuk-fieldset app-no-print" },
      h("legend", { class: "nhsuk-fieldset__legend" }, "Years in the picture"),
      h(
        "div",
        { class: "nhsuk-radios nhsuk-radios--inline nhsuk-radios--small" },
        SPANS.map(([value, text]) =>
          h(
            "div",
            { class: "nhsuk-radios__item" },
            h("input", {
              class: "nhsuk-radios__input",
              type: "radio",
              name: "schedule-span",
              id: `schedule-span-${value}`,
              checked: value === years,
              onchange: () => setYears(value),
            }),
            h("label", { class: "nhsuk-label nhsuk-radios__label", for: `schedule-span-${value}` }, text),
          ),
        ),
      ),
    );
  }
  async function setYears(value) {
    years = value;
    await update();
    document.getElementById(`schedule-span-${value}`)?.focus();
  }

  function listEvents() {
    events.sort((a, b) => a.date.localeCompare(b.date));
    const rows = events.map((entry) =>
      h(
        "li",
        {},
        `${dateInWords(entry.date)}: ${titleOf(words, entry)} `,
        button("Remove", () => remove(entry), {
          kind: "secondary",
          class: "app-link",
          "aria-label": `Remove ${titleOf(words, entry)} of ${dateInWords(entry.date)}`,
        }),
      ),
    );
    list.replaceChildren(
      rows.length > 0 ? h("ul", { class: "nhsuk-list" }, rows) : h("p", { class: "app-quiet" }, "Nothing entered yet."),
    );
  }
  function remove(entry) {
    events = events.filter((other) => other !== entry);
    announce(`Removed ${titleOf(words, entry)}`);
    update();
    eventDate.control.focus();
  }
  function add() {
    const date = dateOf(eventDate.control.value);
    eventDate.fail(date ? "" : "Enter the date as day, month and year");
    if (!date) return eventDate.control.focus();
    const [kind, id] = event.control.value.split(" ");
    const entry = { date, kind, id, outcome: kind === "screen" ? outcome.control.value : undefined };
    events.push(entry);
    announce(`Added ${titleOf(words, entry)}`);
    eventDate.control.value = "";
    eventDate.control.focus();
    update();
  }
  async function addPasted() {
    const read = readPasted(paste.control.value, words, dateOf);
    events.push(...read.events);
    paste.control.value = "";
    await update();
    if (read.problems.length === 0) {
      summary.clear();
      return announce(`Added ${read.events.length}`);
    }
    summary.tell(
      read.problems.map(({ line, why }) => ({ text: `Line ${line}: ${why}`, field: "schedule-paste" })),
      `${read.problems.length} of the pasted lines could not be read`,
    );
  }
  function fillExample() {
    [birth.control.value, asAt.control.value] = [EXAMPLE.birth, EXAMPLE.asAt];
    events = readPasted(EXAMPLE.lines.join("\n"), words, dateOf).events;
    update();
    announce("An example child is shown");
  }

  for (const { control } of [birth, asAt]) control.addEventListener("input", updateSoon);
  nation.control.addEventListener("change", () => (fillChoices(), update()));
  event.control.addEventListener("change", fillOutcomes);
  for (const control of [sex.control, ...risks.map(({ box }) => box)]) control.addEventListener("change", update);

  view.append(
    summary.place,
    h("h1", {}, "Schedule"),
    h(
      "p",
      {},
      "What a child has had and what is due, by the published programmes, with the source of every date. It does not decide for a clinician.",
    ),
    h(
      "div",
      { class: "app-no-print" },
      h("div", { class: "app-columns" }, h("div", {}, birth.group, asAt.group), h("div", {}, nation.group, sex.group)),
      h(
        "details",
        { class: "nhsuk-details" },
        h(
          "summary",
          { class: "nhsuk-details__summary" },
          h("span", { class: "nhsuk-details__summary-text" }, "Risk groups"),
        ),
        h(
          "fieldset",
          { class: "nhsuk-details__text nhsuk-fieldset" },
          h("legend", { class: "nhsuk-u-visually-hidden" }, "Risk groups"),
          h(
            "div",
            { class: "nhsuk-checkboxes nhsuk-checkboxes--small" },
            risks.map(({ item }) => item),
          ),
        ),
      ),
      h("h2", { class: "nhsuk-heading-m" }, "What was given and done"),
      list,
      h(
        "div",
        { class: "app-columns" },
        h("div", {}, eventDate.group, event.group, outcome.group, button("Add", add, { kind: "secondary" })),
        h("div", {}, paste.group, button("Add the lines", addPasted, { kind: "secondary" })),
      ),
      button("Show an example child", fillExample, { kind: "secondary" }),
    ),
    result,
    dueListFromFile(words, summary, () => ({ asAt: dayOf(asAt) ?? today(), nation: nation.control.value })),
  );
  fillChoices();
  update();
}

function riskBox(id, title) {
  const box = h("input", { class: "nhsuk-checkboxes__input", type: "checkbox", id: `schedule-risk-${id}` });
  const item = h(
    "div",
    { class: "nhsuk-checkboxes__item" },
    box,
    h("label", { class: "nhsuk-label nhsuk-checkboxes__label", for: box.id }, title),
  );
  return { id, box, item };
}

/** The rows of the picture: series with something given or to come, then screens, then reviews. */
function lanes(answer, words, events) {
  const ahead = (entry, text) => {
    // What came too late has no date of its own: it is so on the day on which the child is judged.
    if (entry.status === "too-late") return [{ date: answer.as_at, mark: "late", text: "too late" }];
    return entry.due && ["due", "overdue", "not-yet-due", "deferred", "blocked"].includes(entry.status)
      ? [{ date: entry.due, mark: { due: "due", overdue: "overdue" }[entry.status] ?? "later", text }]
      : [];
  };
  const series = answer.forecast.map((entry) => {
    const given = answer.history.flatMap(({ date, verdicts }) =>
      verdicts
        .filter((one) => one.series === entry.series)
        .map((one) => ({ date, mark: one.verdict, text: `${one.verdict}, ${one.reason.replaceAll("-", " ")}` })),
    );
    const marks = [
      ...given,
      ...ahead(entry, `due, not before ${entry.earliest ? dateInWords(entry.earliest) : "a day not known"}`),
    ];
    return {
      label: nameOf.series(words, entry.series),
      status: entry.status,
      marks,
      earliest: entry.earliest,
      latest: entry.latest,
    };
  });
  const done = (kind, id) =>
    events
      .filter((event) => event.kind === kind && event.id === id)
      .map((event) => ({ date: event.date, mark: "done", text: titleOf(words, event) }));
  const screens = [...new Set(answer.screens.map(({ kind }) => kind))].map((kind) => {
    const open = answer.screens.filter((entry) => entry.kind === kind && (entry.due || entry.status === "too-late"));
    const worst = ["overdue", "due", "not-yet-due", "too-late", "complete"].find((status) =>
      answer.screens.some((entry) => entry.kind === kind && entry.status === status),
    );
    return {
      label: sentence(words.screens[kind]?.title ?? kind),
      status: worst,
      marks: [...done("screen", kind), ...open.slice(0, 1).flatMap((entry) => ahead(entry, "due"))],
    };
  });
  const reviews = answer.reviews.map((entry) => ({
    label: nameOf.review(words, entry),
    status: entry.status,
    marks: [...done("review", entry.kind), ...ahead(entry, "due")],
  }));
  return [...series, ...screens, ...reviews].filter(({ marks, status }) => marks.length > 0 || status === "complete");
}

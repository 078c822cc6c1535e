import { announce, focusOn, h } from "../../dom.js";
import { button, formGroup, input, select } from "../../parts/form.js";
import { count } from "../../words.js";
import { jointOf } from "./decisions.js";
import { showPair } from "./pair.js";
import { evidenceHash, keyOf } from "./pairs.js";

const KEYS = { s: "same", d: "different", u: "unsure" };
const LABELS = { same: "Same child", different: "Different children", unsure: "Unsure", disagree: "Readers disagree" };
const FILTERS = [
  ["mine", "Pairs I have not decided"],
  ["second", "Pairs that another reader has decided and I have not"],
  ["open", "Pairs I have decided, on which readers disagree or are unsure"],
  ["all", "All pairs"],
];

/** Reads the pairs of a run one at a time. `start` shows the first, `refresh` follows decisions from elsewhere. */
export function reader({ run, who, decisions, childlink, diffChars, onchange }) {
  const restrictedKeys = new Set(run.restricted.map(({ key }) => key));
  let queue = [];
  let at = 0;
  let restrictedReason = null;
  const undone = [];
  // One thing after another: a key pressed while a decision is being written waits for it.
  let turn = Promise.resolve();
  const inTurn = (task) => (turn = turn.then(task, task));

  const filter = formGroup({ id: "review-filter", label: "Show", control: select(FILTERS) });
  const reason = formGroup({
    id: "review-reason",
    label: "Reason (optional)",
    hint: "No names, numbers or dates of birth",
    control: input({ maxlength: 200 }),
  });
  const shortcuts = h("input", {
    class: "nhsuk-checkboxes__input",
    type: "checkbox",
    id: "review-shortcuts",
    checked: true,
  });
  const title = h("h2", { class: "nhsuk-heading-l", tabindex: "-1", id: "review-title" });
  const progress = h("progress", { class: "app-progress", "aria-label": "Pairs that you have decided" });
  const told = h("p", { id: "review-progress" });
  const body = h("div", { id: "review-pair" });
  const state = h("p", { id: "review-state" });
  const bar = h(
    "div",
    { class: "app-decide app-no-print", role: "group", "aria-label": "Your decision" },
    Object.entries(KEYS).map(([key, word]) =>
      button([LABELS[word], " ", h("kbd", {}, key.toUpperCase())], () => inTurn(() => decide(word)), {
        kind: word === "unsure" ? "secondary" : "",
        "aria-keyshortcuts": key,
        id: `review-${word}`,
      }),
    ),
    button(["Undo ", h("kbd", {}, "Z")], () => inTurn(undo), {
      kind: "secondary",
      "aria-keyshortcuts": "z",
      id: "review-undo",
    }),
    button(["Back ", h("kbd", {}, "P")], () => inTurn(() => move(-1)), { kind: "secondary", "aria-keyshortcuts": "p" }),
    button(["Next ", h("kbd", {}, "N")], () => inTurn(() => move(1)), { kind: "secondary", "aria-keyshortcuts": "n" }),
  );
  const restricted = h("div", { id: "review-restricted" });
  const place = h(
    "section",
    { "aria-labelledby": "review-title" },
    title,
    progress,
    told,
    h("div", { class: "app-columns" }, h("div", {}, filter.group), h("div", {}, shortcutBox(shortcuts))),
    state,
    body,
    reason.group,
    bar,
    restricted,
  );
  filter.control.addEventListener("change", () => inTurn(restart));
  document.addEventListener("keydown", onKey);

  const pairs = () => (restrictedReason === null ? run.pairs : run.restricted);
  const mine = (pair) => decisions.by(pair, who);
  const wanted = {
    all: () => true,
    mine: (pair) => !mine(pair),
    second: (pair) => !mine(pair) && decisions.of(pair).length > 0,
    // What others said of a pair is told only after one's own word.
    open: (pair) => mine(pair) && ["disagree", "unsure"].includes(jointOf(decisions.of(pair))),
  };

  function restart() {
    queue = pairs().filter(wanted[filter.control.value]);
    at = 0;
    draw();
  }

  function draw() {
    const all = pairs();
    const done = all.filter(mine).length;
    [progress.max, progress.value] = [Math.max(all.length, 1), done];
    told.textContent = `${who}: ${done} of ${count(all.length, "pair")} decided.`;
    const pair = queue[at];
    bar.hidden = reason.group.hidden = !pair;
    title.textContent = pair
      ? `${restrictedReason === null ? "Pair" : "Restricted pair"} ${all.indexOf(pair) + 1} of ${all.length}`
      : "No pair is left in this view";
    state.replaceChildren(pair ? stateOf(pair) : "Choose another view above, or save the decisions below.");
    body.replaceChildren(...(pair ? showPair(pair, { childlink, diffChars, members: run.members }) : []));
    document.getElementById("review-undo")?.toggleAttribute("disabled", undone.length === 0);
    drawRestricted();
  }

  /** What stands decided; another reader's word is told only once this one has given theirs. */
  function stateOf(pair) {
    const own = mine(pair);
    if (!own) return "Not decided by you.";
    const theirs = decisions
      .of(pair)
      .filter(({ reader }) => reader !== who)
      .map(({ reader, decision }) => `${reader}: ${LABELS[decision].toLowerCase()}`);
    return [
      `You decided: ${LABELS[own.decision].toLowerCase()}. `,
      theirs.length > 0 ? `Other readers: ${theirs.join(", ")}.` : "",
    ].join("");
  }

  async function decide(word) {
    const pair = queue[at];
    if (!pair) return;
    const before = mine(pair);
    const decision = {
      source_l: pair.source_l,
      record_id_l: pair.record_id_l,
      source_r: pair.source_r,
      record_id_r: pair.record_id_r,
      decision: word,
      reader: who,
      decided_at: new Date().toISOString(),
      reason: reason.control.value.trim() || (restrictedReason ?? ""),
      model_hash: run.modelHash,
      evidence_hash: await evidenceHash(pair),
      ...(pair.restricted && { restricted: true }),
    };
    await decisions.put(decision);
    undone.push({ pair, before, decision });
    reason.control.value = "";
    announce(`${LABELS[word]}. ${at + 1 < queue.length ? "Next pair" : "That was the last pair of this view"}`);
    onchange();
    at += 1;
    draw();
    focusOn(title);
    title.scrollIntoView({ block: "start" });
  }

  async function undo() {
    const last = undone.pop();
    if (!last) return;
    if (last.before) await decisions.put(last.before);
    else await decisions.remove(last.decision);
    if (!queue.includes(last.pair)) queue.unshift(last.pair);
    at = queue.indexOf(last.pair);
    announce("Undone: the pair is shown again");
    onchange();
    draw();
    focusOn(title);
  }

  function move(by) {
    const next = at + by;
    if (next < 0 || next >= queue.length) return announce(by > 0 ? "This is the last pair" : "This is the first pair");
    at = next;
    draw();
    focusOn(title);
  }

  function onKey(event) {
    const typing = event.target.matches?.("input:not([type=checkbox]), textarea, select");
    if (
      !place.isConnected ||
      place.offsetParent === null ||
      !shortcuts.checked ||
      typing ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey
    )
      return;
    const key = event.key.toLowerCase();
    const work = KEYS[key] ? () => decide(KEYS[key]) : { z: undo, p: () => move(-1), n: () => move(1) }[key];
    if (!work) return;
    event.preventDefault();
    inTurn(work);
  }

  function drawRestricted() {
    if (run.restricted.length === 0) return restricted.replaceChildren();
    if (restrictedReason !== null) {
      return restricted.replaceChildren(
        button("Close the restricted queue", () => ((restrictedReason = null), onchange(), restart()), {
          kind: "secondary",
        }),
      );
    }
    if (restricted.childElementCount > 0 && restricted.querySelector("#review-why")) return undefined;
    const why = formGroup({
      id: "review-why",
      label: "Why do you need to open it?",
      hint: "Stands beside each decision, for the audit",
      control: input({ maxlength: 200 }),
    });
    const open = () => {
      const text = why.control.value.trim();
      why.fail(text ? "" : "Enter the reason");
      if (!text) return why.control.focus();
      restrictedReason = text;
      onchange();
      restart();
      return focusOn(title);
    };
    return restricted.replaceChildren(
      h(
        "details",
        { class: "nhsuk-details app-no-print" },
        h(
          "summary",
          { class: "nhsuk-details__summary" },
          h(
            "span",
            { class: "nhsuk-details__summary-text" },
            `Restricted queue: ${count(run.restricted.length, "pair")}`,
          ),
        ),
        h(
          "div",
          { class: "nhsuk-details__text" },
          h(
            "p",
            {},
            "These pairs may hide a protected identity, for example after an adoption. Open the queue only if it is your task. It shows keys alone, and its decisions are saved as a file of their own.",
          ),
          why.group,
          button("Open the restricted queue", open, { kind: "secondary" }),
        ),
      ),
    );
  }

  return {
    place,
    get restrictedOpen() {
      return restrictedReason !== null;
    },
    /** Whether a decision is about a pair of the restricted queue, wherever it was made. */
    isRestricted: (decision) => restrictedKeys.has(keyOf(decision)),
    start() {
      restart();
      focusOn(title);
    },
    refresh() {
      undone.length = 0;
      restart();
    },
  };
}

function shortcutBox(box) {
  return h(
    "div",
    { class: "nhsuk-checkboxes nhsuk-checkboxes--small" },
    h(
      "div",
      { class: "nhsuk-checkboxes__item" },
      box,
      h(
        "label",
        { class: "nhsuk-label nhsuk-checkboxes__label", for: box.id },
        "Decide by single keys: S, D, U, Z, P, N",
      ),
    ),
  );
}

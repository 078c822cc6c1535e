import { announce, h } from "../../dom.js";
import { button } from "../../parts/form.js";

/** The phases in order, what they are called, and about how much of a run each takes. */
const PHASES = [
  ["read", "Reading the files", 0.25],
  ["build", "Sorting the values", 0.15],
  ["train", "Learning the weights", 0.15],
  ["link", "Comparing and linking", 0.35],
  ["write", "Writing the results", 0.1],
];

/** How far a run is, how long it will take, and a way to cancel it. */
export function progressOf(oncancel) {
  const bar = h("progress", { class: "app-progress", max: 1, value: 0, "aria-label": "How far the run is" });
  const told = h("p", { id: "link-progress-text" });
  const place = h(
    "div",
    { hidden: true, id: "link-progress" },
    bar,
    told,
    button("Cancel", oncancel, { kind: "secondary", id: "link-cancel" }),
  );
  let since = 0;
  let last = "";

  return {
    place,
    start() {
      since = performance.now();
      last = "";
      bar.value = 0;
      told.textContent = "Starting…";
      place.hidden = false;
      place.querySelector("button").focus();
    },
    update({ phase, done, total }) {
      const at = PHASES.findIndex(([name]) => name === phase);
      if (at < 0) return;
      const before = PHASES.slice(0, at).reduce((sum, [, , share]) => sum + share, 0);
      const within = phase === "read" && total > 0 ? done / total : 0;
      bar.value = before + PHASES[at][2] * within;
      const seconds = (performance.now() - since) / 1000;
      const left = bar.value > 0.1 ? seconds / bar.value - seconds : null;
      told.textContent = `${PHASES[at][1]}: step ${at + 1} of ${PHASES.length}${phase === "read" ? `, ${Math.round(within * 100)} %` : ""}.${left !== null && seconds > 1 ? ` About ${Math.ceil(left)} seconds left.` : ""}`;
      if (phase !== last) announce(PHASES[at][1]);
      last = phase;
    },
    stop() {
      place.hidden = true;
    },
  };
}

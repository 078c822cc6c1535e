import { announce, h } from "../../dom.js";
import { button } from "../../parts/form.js";
import { SHARES, paceOf } from "./pace.js";

/** What the phases are called. */
const NAMES = {
  read: "Reading the files",
  build: "Sorting the values",
  train: "Learning the weights",
  link: "Comparing and linking",
  write: "Writing the results",
};
/** Milliseconds between two looks at the clock. */
const STEP = 250;

const clock = () => performance.now() / 1000;

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
  let pace = null;
  let began = 0;
  let timer = null;
  let last = "";

  function draw() {
    const { phase, within, done, left } = pace.at(clock());
    const [name] = SHARES[phase];
    bar.value = done;
    const part = name === "read" ? `, ${Math.round(within * 100)} %` : "";
    const time = left !== null && clock() - began > 1 ? ` About ${Math.max(1, Math.ceil(left))} seconds left.` : "";
    told.textContent = `${NAMES[name]}: step ${phase + 1} of ${SHARES.length}${part}.${time}`;
    if (name !== last) announce(NAMES[name]);
    last = name;
  }

  return {
    place,
    start() {
      began = clock();
      pace = paceOf(began);
      last = "";
      bar.value = 0;
      told.textContent = "Starting…";
      place.hidden = false;
      place.querySelector("button").focus();
      clearInterval(timer);
      timer = null;
    },
    update({ phase, done, total }) {
      pace.enter(phase, clock(), phase === "read" && total > 0 ? done / total : 0);
      draw();
      // The phases after reading tell nothing of themselves until they end.
      timer ??= setInterval(draw, STEP);
    },
    stop() {
      clearInterval(timer);
      timer = null;
      place.hidden = true;
    },
  };
}

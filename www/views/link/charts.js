import { h, svg } from "../../dom.js";
import { table } from "../../parts/table.js";
import { number, sentence } from "../../words.js";
import { BIN, countFrom, histogram } from "./digest.js";

const WIDTH = 1000;
const HEIGHT = 320;
const EDGE = { left: 60, right: 20, top: 24, bottom: 56 };

/** The weights of all pairs as a histogram, with a threshold to move and what it would change. */
export function weights(d3, all, { link: threshold, review }) {
  const bars = histogram(all);
  if (bars.length === 0) return h("p", {}, "No pair was linked or left for review, so there are no weights to show.");
  const [low, high] = [
    Math.floor(Math.min(bars[0].from, review)),
    Math.ceil(Math.max(bars.at(-1).from + BIN, threshold)),
  ];
  const x = d3.scaleLinear([low, high], [EDGE.left, WIDTH - EDGE.right]);
  const most = Math.max(...bars.map(({ link, guarded, review }) => link + guarded + review));
  const y = d3.scaleLinear([0, most], [HEIGHT - EDGE.bottom, EDGE.top]);
  const picture = svg("svg", {
    class: "app-chart",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": "Histogram of match weights; the table below has its numbers",
  });
  for (const bar of bars) {
    let base = 0;
    for (const kind of ["link", "review", "guarded"]) {
      if (bar[kind] === 0) continue;
      const top = base + bar[kind];
      picture.append(
        svg(
          "rect",
          {
            x: x(bar.from) + 1,
            width: Math.max(x(bar.from + BIN) - x(bar.from) - 2, 1),
            y: y(top),
            height: y(base) - y(top),
            class: `app-chart__${kind}`,
          },
          svg("title", {}, `${bar.from} to ${bar.from + BIN} bits: ${number(bar[kind])} ${KINDS[kind]}`),
        ),
      );
      base = top;
    }
  }
  const axes = [
    svg("g", { transform: `translate(0,${HEIGHT - EDGE.bottom})` }),
    svg("g", { transform: `translate(${EDGE.left},0)` }),
  ];
  d3.select(axes[0]).call(d3.axisBottom(x).ticks(12));
  d3.select(axes[1]).call(d3.axisLeft(y).ticks(5));
  const line = svg("line", { y1: EDGE.top - 16, y2: HEIGHT - EDGE.bottom, class: "app-now" });
  picture.append(
    ...axes,
    line,
    svg("text", { x: WIDTH / 2, y: HEIGHT - 8, "text-anchor": "middle" }, "match weight in bits"),
  );

  const told = h("p", { role: "status", id: "link-threshold-told" });
  const control = h("input", {
    type: "range",
    class: "app-range",
    id: "link-threshold",
    min: low,
    max: high,
    step: 0.5,
    value: threshold,
    oninput: () => move(),
  });
  const move = () => {
    const at = Number(control.value);
    line.setAttribute("x1", x(at));
    line.setAttribute("x2", x(at));
    told.textContent = effect(all, threshold, at);
  };
  d3.select(picture).call(d3.drag().on("drag", ({ x: place }) => ((control.value = x.invert(place)), move())));
  move();
  return h(
    "section",
    {},
    h("h3", { class: "nhsuk-heading-m" }, "Match weights"),
    h(
      "ul",
      { class: "app-legend" },
      Object.entries(KINDS).map(([kind, word]) =>
        h(
          "li",
          {},
          svg(
            "svg",
            { width: 24, height: 16, viewBox: "0 0 24 16", "aria-hidden": "true" },
            svg("rect", { x: 1, y: 1, width: 22, height: 14, class: `app-chart__${kind}` }),
          ),
          ` ${word}`,
        ),
      ),
    ),
    h("div", { class: "app-scroll", role: "region", tabindex: "0", "aria-label": "Histogram" }, picture),
    h(
      "label",
      { class: "nhsuk-label", for: "link-threshold" },
      "Threshold of a link, in bits: move it to see what it would change",
    ),
    control,
    told,
    closed(
      "The histogram as a table",
      table(
        "Pairs by match weight",
        [
          { head: "From (bits)", cell: ({ from }) => from.toFixed(1) },
          ...Object.entries(KINDS).map(([kind, word]) => ({
            head: sentence(word),
            numeric: true,
            cell: (bar) => number(bar[kind]),
          })),
        ],
        bars,
        { hideCaption: true },
      ),
    ),
  );
}

const KINDS = { link: "linked", review: "for review by their weight", guarded: "kept or left for review by a rule" };

/** What another threshold would do, before rules and groups are looked at anew. */
function effect({ link, review }, threshold, at) {
  const fewer = link.length - countFrom(link, at);
  const more = countFrom(review, at);
  if (at === threshold) return `At ${at} bits, as this run had it.`;
  const changes =
    at > threshold
      ? `${number(fewer)} links would be left for review instead`
      : `${number(more)} pairs for review would be linked`;
  return `At ${at} bits instead of ${threshold}: ${changes}. Rules and groups would be looked at anew in a run with this threshold.`;
}

const SIZES_HEIGHT = 260;

/** How many children have how many records. */
export function clusterSizes(d3, sizes) {
  const most = Math.max(1, ...sizes.map(([, many]) => many));
  const x = d3
    .scaleBand(
      sizes.map(([size]) => size),
      [EDGE.left, WIDTH - EDGE.right],
    )
    .padding(0.25);
  const y = d3.scaleLinear([0, most], [SIZES_HEIGHT - EDGE.bottom, EDGE.top]).nice(4);
  const picture = svg("svg", {
    class: "app-chart",
    viewBox: `0 0 ${WIDTH} ${SIZES_HEIGHT}`,
    role: "img",
    "aria-label": "How many children have how many records; the table below has the numbers",
  });
  for (const [size, many] of sizes) {
    picture.append(
      svg("rect", {
        x: x(size),
        width: Math.min(x.bandwidth(), 80),
        y: y(many),
        height: Math.max(y(0) - y(many), 1),
        class: "app-chart__link",
      }),
      svg(
        "text",
        { x: x(size) + Math.min(x.bandwidth(), 80) / 2, y: y(many) - 6, "text-anchor": "middle" },
        number(many),
      ),
      svg(
        "text",
        { x: x(size) + Math.min(x.bandwidth(), 80) / 2, y: y(0) + 20, "text-anchor": "middle" },
        String(size),
      ),
    );
  }
  const axis = svg("g", { transform: `translate(${EDGE.left},0)` });
  d3.select(axis).call(d3.axisLeft(y).ticks(4));
  picture.append(
    axis,
    svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: y(0), y2: y(0), class: "app-bar__zero" }),
    svg("text", { x: WIDTH / 2, y: SIZES_HEIGHT - 8, "text-anchor": "middle" }, "records of a child"),
  );
  return h(
    "section",
    {},
    h("h3", { class: "nhsuk-heading-m" }, "Records of a child"),
    h("div", { class: "app-scroll", role: "region", tabindex: "0", "aria-label": "Sizes of groups" }, picture),
    closed(
      "Sizes of groups as a table",
      table(
        "How many children have so many records",
        [
          { head: "Records", cell: ([size]) => String(size) },
          { head: "Children", numeric: true, cell: ([, many]) => number(many) },
        ],
        sizes,
        { hideCaption: true },
      ),
    ),
  );
}

/** Something that opens by its title. */
export const closed = (title, content) =>
  h(
    "details",
    { class: "nhsuk-details" },
    h("summary", { class: "nhsuk-details__summary" }, h("span", { class: "nhsuk-details__summary-text" }, title)),
    h("div", { class: "nhsuk-details__text" }, content),
  );

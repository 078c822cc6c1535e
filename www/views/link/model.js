// What a model learned of each comparison, drawn and as a table.
import { h, svg } from "../../dom.js";
import { nameOf } from "../../parts/comparisons.js";
import { table } from "../../parts/table.js";
import { bits } from "../../parts/waterfall.js";
import { closed } from "./charts.js";

const WIDTH = 1000;
const LABEL = 330;
const ROW = 44;
const TOP = 40;
const PANEL = { probability: [LABEL, 620], weight: [700, 960] };

/**
 * m and u of each level: how often pairs of one child, and of two children, have it; and the weight that follows. A list
 * of what draws each piece.
 */
export function levels(d3, { comparisons }) {
  const known = comparisons
    .map(({ name, levels }) => ({
      name: nameOf(name),
      levels: levels
        .filter(({ m, u }) => m > 0 && u > 0)
        .map(({ label, m, u }) => ({ label, m, u, weight: Math.log2(m / u) })),
    }))
    .filter(({ levels }) => levels.length > 0);
  const widest = Math.max(1, ...known.flatMap(({ levels }) => levels.map(({ weight }) => Math.abs(weight))));
  const title = () =>
    h(
      "div",
      {},
      h("h3", { class: "nhsuk-heading-m" }, "What the model learned"),
      h(
        "p",
        {},
        "m (filled): how often pairs of one child have a level. u (outlined): how often pairs of two children have it by chance. The weight in bits is the binary logarithm of m / u: to the right it speaks for one child, to the left against.",
      ),
    );
  return [title, ...known.map((comparison) => () => figure(d3, comparison, widest))];
}

function figure(d3, { name, levels }, widest) {
  return h(
    "div",
    { class: "app-figure" },
    h("h4", { class: "nhsuk-heading-s" }, name),
    h(
      "div",
      { class: "app-scroll", role: "region", tabindex: "0", "aria-label": `${name}: m and u` },
      picture(d3, name, levels, widest),
    ),
    closed(
      `${name} as a table`,
      table(
        `m and u of ${name}`,
        [
          { head: "Level", cell: ({ label }) => label },
          { head: "m", numeric: true, cell: ({ m }) => m.toPrecision(3) },
          { head: "u", numeric: true, cell: ({ u }) => u.toPrecision(3) },
          { head: "Weight (bits)", numeric: true, cell: ({ weight }) => bits(weight) },
        ],
        levels,
        { hideCaption: true },
      ),
    ),
  );
}

function picture(d3, name, levels, widest) {
  const height = TOP + levels.length * ROW + 8;
  const share = d3.scaleLinear([0, 1], PANEL.probability);
  const weight = d3.scaleLinear([-widest, widest], PANEL.weight);
  const drawn = svg("svg", {
    class: "app-chart",
    viewBox: `0 0 ${WIDTH} ${height}`,
    role: "img",
    "aria-label": `m and u of each level of ${name}; the table below has the numbers`,
  });
  const axes = [
    [d3.axisTop(share).ticks(4, "%"), svg("g", { transform: `translate(0,${TOP - 8})` })],
    [d3.axisTop(weight).ticks(5), svg("g", { transform: `translate(0,${TOP - 8})` })],
  ];
  for (const [axis, place] of axes) d3.select(place).call(axis);
  drawn.append(...axes.map(([, place]) => place));
  drawn.append(svg("line", { x1: weight(0), x2: weight(0), y1: TOP - 8, y2: height, class: "app-bar__zero" }));
  levels.forEach((level, place) => drawn.append(...rowOf(level, TOP + place * ROW, share, weight)));
  return drawn;
}

function rowOf({ label, m, u, weight: bitsOf }, y, share, weight) {
  const bar = (value, top, kind, word) => [
    svg("rect", { x: share(0), width: Math.max(share(value) - share(0), 1), y: top, height: 14, class: kind }),
    svg("text", { x: share(value) + 6, y: top + 12, class: "app-chart__small" }, `${word} ${percent(value)}`),
  ];
  const against = bitsOf < 0;
  return [
    svg("text", { x: 8, y: y + 22 }, label.length > 44 ? `${label.slice(0, 43)}…` : label, svg("title", {}, label)),
    ...bar(m, y + 3, "app-chart__link", "m"),
    ...bar(u, y + 20, "app-chart__review", "u"),
    svg("rect", {
      x: Math.min(weight(0), weight(bitsOf)),
      width: Math.max(Math.abs(weight(bitsOf) - weight(0)), 1),
      y: y + 8,
      height: 20,
      class: against ? "app-bar__against" : "app-bar__for",
    }),
    svg(
      "text",
      { x: weight(0) + (against ? 6 : -6), y: y + 23, "text-anchor": against ? "start" : "end" },
      bits(bitsOf),
    ),
  ];
}

/** A share in words short enough for a chart. */
const percent = (value) => (value >= 0.001 ? `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %` : "under 0.1 %");

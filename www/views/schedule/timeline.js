import { h, svg } from "../../dom.js";
import { dateInWords, shortDate } from "../../words.js";
import { MARKS, STATUSES } from "./status.js";

const WIDTH = 1000;
const LABEL = 250;
const RIGHT = 120;
const ROW = 36;
const TOP = 48;

/**
 * A child's life as a picture: one row for each series, screen and review, with what was given and what is due, to the
 * left and right of the day of evaluation.
 * @param rows `{ label, status, marks: [{ date, mark, text }], earliest, latest }`
 * @param years How many years from birth are drawn.
 */
export function timeline(d3, { rows, birthDate, asAt, years }) {
  const start = day(birthDate);
  const end = new Date(Date.UTC(start.getUTCFullYear() + years, start.getUTCMonth(), start.getUTCDate()));
  const x = d3.scaleUtc([start, end], [LABEL, WIDTH - RIGHT]);
  const height = TOP + rows.length * ROW + 8;
  const picture = svg("svg", {
    class: "app-timeline",
    viewBox: `0 0 ${WIDTH} ${height}`,
    role: "img",
    "aria-label": "Picture of the child’s life; the tables below say the same in words",
  });
  const axis = svg("g", { transform: `translate(0,${TOP - 12})`, class: "app-axis" });
  picture.append(axis);
  const [ticks, format] = years > 6 ? [10, "%Y"] : [6, "%b %Y"];
  d3.select(axis).call(d3.axisTop(x).ticks(ticks).tickFormat(d3.utcFormat(format)).tickSizeOuter(0));
  const now = day(asAt);
  if (now >= start && now <= end) picture.append(nowLine(x(now), height));
  rows.forEach((row, place) => picture.append(rowOf(row, TOP + place * ROW + ROW / 2, x, { start, end })));
  return h(
    "div",
    {},
    legend(),
    h("div", { class: "app-scroll", role: "region", tabindex: "0", "aria-label": "Picture" }, picture),
  );
}

const day = (text) => new Date(`${text.slice(0, 10).padEnd(7, "-01").padEnd(10, "-01")}T00:00:00Z`);

function rowOf({ label, status, marks, earliest, latest }, middle, x, { start, end }) {
  const clamp = (text) => x(Math.min(end, Math.max(start, day(text))));
  const beyond = marks.filter(({ date }) => day(date) > end);
  const within = marks.filter(({ date }) => day(date) <= end);
  const word = STATUSES[status]?.word;
  return svg(
    "g",
    { class: "app-lane" },
    svg("line", { x1: 0, x2: WIDTH, y1: middle + ROW / 2, y2: middle + ROW / 2, class: "app-lane__rule" }),
    svg("text", { x: 8, y: middle - 2, class: "app-lane__label" }, label),
    word && svg("text", { x: 8, y: middle + 13, class: "app-lane__status" }, word),
    earliest && latest !== undefined && day(earliest) < end
      ? svg("line", {
          x1: clamp(earliest),
          x2: latest ? clamp(latest) : x(end),
          y1: middle,
          y2: middle,
          class: "app-lane__window",
        })
      : null,
    within.map((mark) => markAt(mark, clamp(mark.date), middle)),
    beyond.length > 0 &&
      svg(
        "text",
        { x: WIDTH - RIGHT + 8, y: middle + 5, class: "app-lane__status" },
        `→ ${shortDate(beyond[0].date.slice(0, 7))}`,
      ),
  );
}

function markAt({ mark, date, text }, x, y) {
  const { path, sign } = MARKS[mark];
  return svg(
    "g",
    { transform: `translate(${x},${y})`, class: `app-mark app-mark--${mark}` },
    svg("title", {}, `${dateInWords(date)}: ${text}`),
    svg("path", { d: path }),
    svg("text", { "text-anchor": "middle", y: 5 }, sign),
  );
}

function nowLine(x, height) {
  return svg(
    "g",
    {},
    svg("line", { x1: x, x2: x, y1: 16, y2: height, class: "app-now" }),
    svg("text", { x, y: 12, "text-anchor": "middle", class: "app-lane__status" }, "as at"),
  );
}

function legend() {
  return h(
    "ul",
    { class: "app-legend", "aria-label": "What the marks mean" },
    Object.entries(MARKS).map(([mark, { word, path, sign }]) =>
      h(
        "li",
        {},
        svg(
          "svg",
          { viewBox: "-12 -12 24 24", width: 24, height: 24, "aria-hidden": "true" },
          svg(
            "g",
            { class: `app-mark app-mark--${mark}` },
            svg("path", { d: path }),
            svg("text", { "text-anchor": "middle", y: 5 }, sign),
          ),
        ),
        ` ${word}`,
      ),
    ),
    h(
      "li",
      {},
      svg(
        "svg",
        { viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": "true" },
        svg("line", { x1: 0, x2: 24, y1: 12, y2: 12, class: "app-lane__window" }),
      ),
      " the next dose may be given",
    ),
  );
}

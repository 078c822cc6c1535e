import { announce, h, svg } from "../../dom.js";
import { errorSummary, problemOf } from "../../parts/error-summary.js";
import { button, formGroup, input } from "../../parts/form.js";
import { table } from "../../parts/table.js";
import { bandInWords, bits, waterfall } from "../../parts/waterfall.js";
import { guardsInWords } from "../review/guards.js";
import { count } from "../../words.js";

const [WIDTH, HEIGHT] = [800, 360];

/** Looks a child up by the id of one of its records, and shows how its records hang together. */
export function clusterSearch(d3, runner) {
  const problems = errorSummary();
  const wanted = formGroup({
    id: "link-wanted",
    label: "Record id, NHS number, or number of the child",
    control: input({ class: "nhsuk-input nhsuk-input--width-20" }),
  });
  const place = h("div", { id: "link-cluster" });
  const why = h("div", { id: "link-why", "aria-live": "polite" });

  async function find(event) {
    event.preventDefault();
    why.replaceChildren();
    place.replaceChildren(h("p", {}, "Looking…"));
    try {
      const text = wanted.control.value.trim();
      const { cluster, found = [], more } = text ? await runner.ask("find", { wanted: text }) : {};
      wanted.fail(cluster || found.length > 0 ? "" : "No record or child has this id or number");
      if (cluster) show(cluster);
      else place.replaceChildren(found.length > 0 ? several(found, more) : "");
    } catch (cause) {
      place.replaceChildren();
      problems.tell([{ ...problemOf(cause), field: "link-wanted" }]);
    }
  }
  function show(cluster) {
    why.replaceChildren();
    place.replaceChildren(...draw(cluster));
    announce(`Child ${cluster.child} has ${count(cluster.records, "record")}`);
  }
  /** One id in several sources, one number of several children, or a record and a child called alike. */
  function several(found, more) {
    const told = more ? `More than ${found.length} were found. The first are:` : `${found.length} were found:`;
    announce(told);
    const named = ({ child, id, source, number }) =>
      number ? "A record with this NHS number" : id === undefined ? `The child with the number ${child}` : `Record ${id} of ${source}`;
    return h(
      "div",
      {},
      h("p", {}, told),
      h(
        "ul",
        { class: "nhsuk-list" },
        found.map((one) =>
          h(
            "li",
            {},
            `${named(one)}: `,
            button(`Show child ${one.child}`, () => showChosen(one.child), {
              kind: "secondary",
              class: "app-link",
              "aria-label": `${named(one)}: show child ${one.child}`,
            }),
          ),
        ),
      ),
    );
  }
  async function showChosen(child) {
    try {
      show(await runner.ask("child", { wanted: child }));
    } catch (cause) {
      problems.tell([{ ...problemOf(cause), field: "link-wanted" }]);
    }
  }

  function draw(cluster) {
    const { child, records, members, edges, sensitive } = cluster;
    const name = (at) => `${members[at].source} ${members[at].id}`;
    return [
      h("h4", { class: "nhsuk-heading-s" }, `Child ${child}: ${count(records, "record")}`),
      records > members.length &&
        h("p", {}, `The first ${members.length} of them and the pairs between these are shown; children.csv and links.csv have all.`),
      sensitive &&
        h(
          "p",
          {},
          "A record of this child is sensitive: where the child lives, and what that weighs, are withheld. Weights of pairs are given roughly, so that they do not tell it either.",
        ),
      members.length > 1 ? graph(d3, cluster, name) : h("p", {}, `Only ${name(0)}.`),
      edges.length > 0 &&
        table(
          "The pairs between them",
          [
            { head: "Records", cell: ({ left, right }) => `${name(left)} and ${name(right)}` },
            { head: "Decision", cell: ({ decision }) => (decision === "link" ? "linked" : "for review") },
            { head: "Weight", numeric: true, cell: ({ weight }) => (sensitive ? bandInWords(weight) : bits(weight)) },
            { head: "Rules", cell: ({ guards }) => (guards.length > 0 ? guardsInWords(guards).join(" ") : "none") },
            {
              head: "Why",
              cell: (edge) =>
                button("Show why", () => explain(cluster, edge, name), {
                  kind: "secondary",
                  class: "app-link",
                  "aria-label": `Show why ${name(edge.left)} and ${name(edge.right)}`,
                }),
            },
          ],
          edges,
        ),
    ].filter(Boolean);
  }

  async function explain({ members }, { left, right }, name) {
    try {
      const parts = await runner.ask("explain", { left: members[left], right: members[right] });
      why.replaceChildren(
        h("h4", { class: "nhsuk-heading-s" }, `${name(left)} and ${name(right)}`),
        waterfall(parts),
      );
    } catch (cause) {
      why.replaceChildren();
      problems.tell([{ ...problemOf(cause), field: "link-wanted" }]);
    }
  }

  return h(
    "section",
    {},
    h("h3", { class: "nhsuk-heading-m" }, "Look up a child"),
    problems.place,
    h(
      "form",
      { novalidate: true, onsubmit: find },
      wanted.group,
      h("button", { class: "nhsuk-button nhsuk-button--secondary", type: "submit" }, "Look up"),
    ),
    place,
    why,
  );
}

/** The records as points, the pairs as lines: broken where a person must decide. It stands still from the start. */
function graph(d3, { members, edges, sensitive }, name) {
  const nodes = members.map((_, place) => ({ place }));
  const links = edges.map(({ left, right, ...edge }) => ({ source: left, target: right, ...edge }));
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(links).distance(150))
    .force("charge", d3.forceManyBody().strength(-500))
    .force("collide", d3.forceCollide(60))
    .force("center", d3.forceCenter(WIDTH / 2, HEIGHT / 2))
    .stop()
    .tick(200);
  const x = (node) => Math.min(WIDTH - 90, Math.max(90, node.x));
  const y = (node) => Math.min(HEIGHT - 30, Math.max(36, node.y));
  const picture = svg("svg", {
    class: "app-chart",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": "The records of the child and the pairs between them; the table below lists them",
  });
  for (const { source, target, weight, decision } of links) {
    picture.append(
      svg("line", {
        x1: x(source),
        y1: y(source),
        x2: x(target),
        y2: y(target),
        class: `app-edge app-edge--${decision}`,
      }),
      svg(
        "text",
        {
          x: (x(source) + x(target)) / 2,
          y: (y(source) + y(target)) / 2 - 6,
          "text-anchor": "middle",
          class: "app-halo",
        },
        sensitive ? "" : bits(weight),
      ),
    );
  }
  // The names of the upper half stand above their points, away from the weights on the lines.
  const middle = nodes.reduce((sum, node) => sum + y(node), 0) / nodes.length;
  for (const node of nodes) {
    const above = y(node) < middle;
    const text = { x: x(node), y: y(node) + (above ? -18 : 28), "text-anchor": "middle", class: "app-halo" };
    picture.append(
      svg("circle", { cx: x(node), cy: y(node), r: 10, class: "app-node" }),
      svg("text", text, name(node.place)),
    );
  }
  return h("div", { class: "app-scroll", role: "region", tabindex: "0", "aria-label": "Graph" }, picture);
}

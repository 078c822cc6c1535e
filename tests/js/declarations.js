// What the hand-written types in pkg/types declare, as far as tests ask: names, documentation, examples.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The entries: by the name to import, their types and their folder in the package. */
export const ENTRIES = [
  { name: "childlink/validate", types: "validate", file: "validate/node.js" },
  { name: "childlink/validate/slim", types: "validate-slim", file: "validate/slim.js" },
  { name: "childlink", types: "index", file: "full/node.js" },
  { name: "childlink/slim", types: "slim", file: "full/slim.js" },
  { name: "childlink/edge", types: "edge", file: "edge/node.js" },
  { name: "childlink/edge/slim", types: "edge-slim", file: "edge/slim.js" },
];

const textOf = (pkg, types) => readFileSync(join(pkg, "types", `${types}.d.ts`), "utf8");

/** The names that a file of types exports, those of others that it hands on included: `{ values, types }`. */
export function exportsOf(pkg, types) {
  const text = textOf(pkg, types);
  const names = (kinds) => [...text.matchAll(new RegExp(`^export (?:${kinds}) (\\w+)`, "gm"))].map(([, name]) => name);
  const others = [...text.matchAll(/^export \* from "\.\/([\w-]+)\.js";$/gm)].map(([, other]) => exportsOf(pkg, other));
  const all = (own, kind) => [...new Set([...own, ...others.flatMap((other) => other[kind])])].sort();
  return { values: all(names("function|class|const"), "values"), types: all(names("interface|type"), "types") };
}

/** The code of a file of types, without its comments. */
export const codeOf = (pkg, types) => textOf(pkg, types).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");

/**
 * Every function, class and method that a file of types declares itself: `{ name, throws, examples }`. An example of one
 * line is `{ expression, expected }`, one of several lines `{ code }`.
 */
export function documentedIn(pkg, types) {
  const found = [];
  let Class;
  const declaration = /(?:^[ \t]*\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^(export (\w+) (\w+)|  (?:static )?(constructor|\w+|\[Symbol\.dispose\])\().*$/gm;
  for (const [, doc = "", , kind, name, method] of textOf(pkg, types).matchAll(declaration)) {
    if (kind !== undefined) Class = kind === "class" ? name : undefined;
    if (kind !== undefined ? !["function", "class"].includes(kind) : Class === undefined) continue;
    const lines = doc.split("\n").map((line) => line.replace(/^ *\* ?/, ""));
    const tags = lines.join("\n").split(/^@/m).slice(1);
    found.push({
      name: kind === undefined ? `${Class}.${method}` : name,
      isClass: kind === "class",
      throws: tags.some((tag) => tag.startsWith("throws {ChildlinkError} ")),
      examples: tags.filter((tag) => tag.startsWith("example")).map((tag) => exampleOf(tag.slice("example".length))),
    });
  }
  return found;
}

function exampleOf(text) {
  if (text.startsWith("\n")) return { code: text.trim() };
  const [, expression, expected] = /^ ([^]*?)\s+\/\/ ([^]*)$/.exec(text.trimEnd()) ?? [];
  return { expression, expected };
}

// docs/errors.md lists the codes that the JavaScript package throws: those of its own layer, and those of the core for
// the same things.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(root, "docs", "errors.md"), "utf8");
const listed = [...page.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, codes]) => codes.split(", ").map((code) => code.slice(1, -1)));

/** The texts of the files in a folder that end so. */
const texts = (folder, end) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => name.endsWith(end))
    .map((name) => readFileSync(join(root, folder, name), "utf8"));
/** Codes as they stand in a source, and those that are made of what they are about. */
function codesIn(text) {
  const plain = [...text.matchAll(/"((?!application)[a-z-]+\/[a-z-]+)"/g)].map(([, code]) => code);
  const noun = /ownMethods\(this, "(\w+)"/g;
  const ofNoun = [...text.matchAll(noun)].flatMap(([, noun]) => [`argument/not-${noun}`, `${noun}/gone`, `${noun}/busy`]);
  return [...plain, ...ofNoun];
}
const layer = new Set(texts("pkg-config/npm/lib", ".js").flatMap(codesIn));
const PREFIXES = ["argument", "barred", "decision", "index", "input", "journal", "linker", "list", "match", "notifications", "wasm"];
const core = new Set(["src/wasm", "src/shape", "src/index", "src/exchange"].flatMap((folder) => texts(folder, ".rs")).flatMap(codesIn));
/** Codes of the core that no function of the package throws: of the C library, of the command line, of findings. */
const ELSEWHERE = ["argument/unchecked-column", "index/entries", "input/no-rows"];

it("lists every code of the package's own layer", () => {
  assert.ok(layer.size > 30, `${layer.size}`);
  assert.deepEqual([...layer].filter((code) => !listed.includes(code)), []);
});

it("lists every code of the core about the same things", () => {
  const about = [...core].filter((code) => PREFIXES.includes(code.split("/")[0]) && !ELSEWHERE.includes(code));
  assert.deepEqual(about.filter((code) => !listed.includes(code)), []);
});

it("lists no code that nothing throws, and none twice", () => {
  assert.deepEqual(listed.filter((code, place) => !(layer.has(code) || core.has(code)) || listed.indexOf(code) !== place), []);
});

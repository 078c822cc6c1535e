// The types of the package, written by hand, against the package: the same names, no `any`, and an example for every
// function and method that does what it says.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { format } from "node:util";
import { ENTRIES, codeOf, documentedIn, exportsOf } from "./declarations.js";
import { native, sampleSnapshot } from "./snapshot.js";

/** Node 20 has a description of its own for it. */
const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));

for (const { name, types, file } of ENTRIES) {
  describe(name, () => {
    it("exports what its types say", async () => {
      const api = await import(pathToFileURL(join(pkg, file)));
      assert.deepEqual(Object.keys(api).sort(), exportsOf(pkg, types).values);
    });

    it("has methods as its types say", async () => {
      const api = await import(pathToFileURL(join(pkg, file)));
      const declared = documentedIn(pkg, types).map(({ name }) => /^(\w+)\.(.*)$/.exec(name)?.slice(1)).filter(Boolean);
      for (const Class of new Set(declared.map(([Class]) => Class))) {
        const own = [...Reflect.ownKeys(api[Class].prototype), ...Object.getOwnPropertyNames(api[Class]).filter((key) => typeof api[Class][key] === "function")];
        const named = (key) => (key === DISPOSE ? "[Symbol.dispose]" : String(key));
        // The last two are for the browser app alone, whose Wasm keeps a run.
        const isOpen = (key) => !["constructor", "report", "explain"].includes(named(key));
        const methods = declared.filter(([owner, method]) => owner === Class && method !== "constructor").map(([, method]) => method);
        assert.deepEqual(own.filter(isOpen).map(named).sort(), methods.sort(), Class);
      }
    });

    it("has no any", () => assert.doesNotMatch(codeOf(pkg, types), /\bany\b/));

    it("tells for every function and method what it throws", () => {
      const silent = documentedIn(pkg, types).filter(({ isClass, throws }) => !isClass && !throws);
      // An error throws nothing.
      assert.deepEqual(silent.map(({ name }) => name).filter((name) => name !== "ChildlinkError.constructor"), []);
    });

    it("has an example for every function, class and method", () => {
      const bare = documentedIn(pkg, types).filter(({ name, examples }) => examples.length === 0 && name !== "ChildlinkError.constructor");
      assert.deepEqual(bare.map(({ name }) => name), []);
    });
  });
}

it("is put to use by the consumer in TypeScript, every export of it", () => {
  const code = readFileSync(new URL("../consumers/typescript/main.ts", import.meta.url), "utf8");
  for (const { name, types } of ENTRIES) {
    const { values, types: shapes } = exportsOf(pkg, types);
    const unused = [...values, ...shapes].filter((item) => (code.match(new RegExp(`\\b${item}\\b`, "g")) ?? []).length < 2);
    assert.deepEqual(unused, [], name);
  }
});

for (const { name, types } of ENTRIES) {
  const isEdge = types.startsWith("edge");
  describe(`examples in the types of ${name}`, { skip: isEdge && native === undefined && "childlink has not been built" }, () => {
    let folder, snapshot;
    const came = process.cwd();
    before(() => {
      // A copy of its own, so that the examples start it.
      folder = mkdtempSync(join(tmpdir(), "childlink-types-"));
      mkdirSync(join(folder, "node_modules"));
      cpSync(pkg, join(folder, "node_modules", "childlink"), { recursive: true });
      snapshot = isEdge && sampleSnapshot();
      process.chdir(folder);
    });
    after(() => {
      process.chdir(came);
      rmSync(folder, { recursive: true, force: true });
    });

    for (const { name: item, examples } of documentedIn(pkg, types)) {
      for (const [place, { code, expression, expected }] of examples.entries()) {
        it(`example ${place + 1} of ${item}`, async () => {
          const body = code ?? `console.log(JSON.stringify(${expression}));`;
          const promised = code ? [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text) : [JSON.stringify(JSON.parse(expected))];
          const printed = [];
          const script = join(folder, `${item.replace(/\W/g, "-")}-${place}.mjs`);
          writeFileSync(script, moduleOf(name, exportsOf(pkg, types).values, body));
          const { run } = await import(pathToFileURL(script));
          await run({ log: (...values) => printed.push(format(...values)) }, snapshot);
          assert.deepEqual(printed, promised);
        });
      }
    }
  });
}

/** A module that runs an example, which may use what the entry exports, and what stands in its place where it runs. */
function moduleOf(name, exports, body) {
  const index = /\bindex\b/.test(body) && !/const index\b/.test(body) ? "const index = await ChildIndex.load(snapshot);" : "";
  return `import { readFileSync } from "node:fs";
import { ${exports.join(", ")} } from "${name}";
export async function run(console, snapshot) {
${index}
${body}
}
`;
}

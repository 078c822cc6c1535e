// The JavaScript of the READMEs does what their comments say: each `console.log(...); // text` prints that text. What
// stands there as `cjs` runs as CommonJS; TypeScript is compiled in consumers.test.js.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("README", () => {
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "childlink-readme-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(root, "pkg"), join(folder, "node_modules", "childlink"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const file of ["README.md", "pkg-config/npm/README.md"]) {
    const blocks = [...readFileSync(join(root, file), "utf8").matchAll(/\n```(c?js)\n(.*?)\n```/gs)];
    it(`${file} has examples`, () => assert.notEqual(blocks.length, 0));
    for (const [place, [, language, code]] of blocks.entries()) {
      it(`example ${place + 1} of ${file} prints what it says`, () => {
        const script = join(folder, `example-${place}.${language === "cjs" ? "cjs" : "mjs"}`);
        writeFileSync(script, code);
        const printed = execFileSync(process.execPath, [script], { cwd: folder, encoding: "utf8" }).trimEnd().split("\n");
        const promised = [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
        assert.deepEqual(printed, promised);
      });
    }
  }
});

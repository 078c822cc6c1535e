// Tiny projects that install the packed tarball and run it, one for each kind of runtime and bundler. In Node, Deno, Bun
// and workerd they run every case of tests/cases too; tests/js/chromium.test.js does in Chromium.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { fileURLToPath } from "node:url";
import { caseData } from "./case-data.js";
import { openChromium } from "./chromium.js";
import { serve } from "./serve.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const tools = join(root, "pkg-config", "tools");
const require = createRequire(join(tools, "package.json"));
const folder = join(root, "target", "consumers");

const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

let server, browser;
before(async () => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, "tests", "consumers"), folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  for (const file of ["cases.js", "every-case.js", "hostile.js", "hostile-indexes.js", "hostile-linkers.js", "trap.js", "two-instances.js"]) cpSync(join(root, "tests", "js", file), join(folder, file));
  writeFileSync(join(folder, "case-data.js"), `export default ${JSON.stringify(caseData())};\n`);
  const packed = JSON.parse(run("npm", ["pack", join(root, "pkg"), "--json", "--pack-destination", folder]));
  const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-save", join(folder, filename)]);
  // A second copy, as nested dependencies bring about.
  cpSync(join(folder, "node_modules", "childlink"), join(folder, "node_modules", "childlink-again"), { recursive: true });
  server = await serve(folder);
  browser = await openChromium();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens a page of the server and waits for the texts of its places. */
async function read(path, places) {
  const { page } = browser;
  await page.goto(`${server.origin}${path}`);
  const texts = [];
  for (const place of places) {
    await page.waitForFunction((id) => document.getElementById(id).textContent !== "", place, { timeout: 60_000 });
    texts.push(await page.textContent(`#${place}`));
  }
  return texts;
}

it("holds no path of the machine that built it", () => {
  const installed = join(folder, "node_modules", "childlink");
  const homes = [root, homedir(), process.env.CARGO_HOME].filter((path) => path?.length > 1);
  const files = readdirSync(installed, { recursive: true }).filter((name) => /\.(wasm|m?js|json|ts)$/.test(name));
  assert.ok(files.filter((name) => name.endsWith(".wasm")).length === 3, `${files}`);
  for (const name of files) {
    const content = readFileSync(join(installed, name), "latin1");
    const told = [...homes, "/.cargo/", "/.rustup/", "registry/src/"].filter((path) => content.includes(path));
    // Panics name files: those of the standard library by its release, all others from their crate on.
    const absolute = [...content.matchAll(/(?<![\w.-])\/[\w.-]+\/[\w./-]*\.rs/g)].map(([path]) => path);
    const own = absolute.filter((path) => !/^\/(rustc|rust\/deps)\//.test(path));
    assert.deepEqual([...told, ...own], [], name);
  }
});

it("Node, as a module", () => assert.equal(run("node", ["node-esm/main.js"]), "OK\n"));
it("Node, by require", () => assert.equal(run("node", ["node-cjs/main.cjs"]), "OK\n"));
it("Deno", () => {
  const args = ["run", "--allow-read", "--node-modules-dir=manual", "--no-remote", "deno/main.js"];
  assert.equal(run("deno", args), "OK\n");
});
it("Bun", () => assert.equal(run("bun", ["bun/main.js"]), "OK\n"));

it("workerd, bundled by wrangler", async () => {
  const args = ["deploy", "--dry-run", "--outdir", "dist", "--config", "wrangler.json"];
  const environment = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  execFileSync("wrangler", args, { cwd: join(folder, "workerd"), env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const dist = join(folder, "workerd", "dist");
  const modules = readdirSync(dist)
    .filter((name) => name.endsWith(".js") || name.endsWith(".wasm"))
    .sort((a) => (a.endsWith(".js") ? -1 : 1))
    .map((path) => ({
      type: path.endsWith(".js") ? "ESModule" : "CompiledWasm",
      path: join(dist, path),
      contents: readFileSync(join(dist, path)),
    }));
  const { Miniflare } = require("miniflare");
  const worker = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    compatibilityDate: "2026-04-01",
    modulesRoot: dist,
    modules,
  });
  try {
    assert.equal(await (await worker.dispatchFetch("http://localhost/")).text(), "OK");
  } finally {
    await worker.dispose();
  }
});

it("Vite, page and worker", async () => {
  const vite = join(folder, "vite");
  const { build } = await import(require.resolve("vite").replace(/index\.cjs$/, "dist/node/index.js"));
  await build({ root: vite, base: "./", logLevel: "error", configFile: false, build: { outDir: "dist" }, worker: { format: "es" } });
  assert.deepEqual(await read("/vite/dist/index.html", ["page", "worker"]), ["OK", "OK"]);
});

it("webpack", async () => {
  const webpack = require("webpack");
  const output = join(folder, "webpack", "dist");
  const options = { mode: "production", context: folder, entry: "./webpack/main.js", output: { path: output, publicPath: "./" } };
  await new Promise((resolve, reject) =>
    webpack(options, (fault, stats) => {
      if (fault || stats.hasErrors()) reject(fault ?? new Error(stats.toString("errors-only")));
      else resolve();
    }),
  );
  writeFileSync(join(output, "index.html"), '<!doctype html><p id="page"></p><script src="./main.js"></script>');
  assert.deepEqual(await read("/webpack/dist/index.html", ["page"]), ["OK"]);
});

// As the README of the package says: one entry finds its file beside the bundle, two are told where theirs are.
it("esbuild, with the Wasm file of one entry copied beside the bundle", async () => {
  const output = await bundled("one.js");
  cpSync(join(folder, "node_modules/childlink/validate/childlink.wasm"), join(output, "childlink.wasm"));
  assert.deepEqual(await read("/esbuild/dist-one/index.html", ["page"]), ["true"]);
});

it("esbuild, with the Wasm files of two entries copied under names of their own", async () => {
  const output = await bundled("two.js");
  for (const size of ["validate", "full"]) {
    cpSync(join(folder, "node_modules/childlink", size, "childlink.wasm"), join(output, `childlink-${size}.wasm`));
  }
  assert.deepEqual(await read("/esbuild/dist-two/index.html", ["page"]), ["OK"]);
});

it("esbuild, where two entries find one file: the one whose file it is not says so", async () => {
  const output = await bundled("clash.js");
  cpSync(join(folder, "node_modules/childlink/validate/childlink.wasm"), join(output, "childlink.wasm"));
  assert.deepEqual(await read("/esbuild/dist-clash/index.html", ["page"]), ["started, wasm/cannot-start"]);
});

/** Bundles a script of the folder `esbuild`, with a page for it; gives the folder it is in. */
async function bundled(script) {
  const output = join(folder, "esbuild", `dist-${script.replace(".js", "")}`);
  const { build } = require("esbuild");
  await build({ entryPoints: [join(folder, "esbuild", script)], bundle: true, format: "esm", outfile: join(output, "main.js"), logLevel: "error" });
  writeFileSync(join(output, "index.html"), '<!doctype html><p id="page"></p><script type="module" src="./main.js"></script>');
  return output;
}

it("an import map without a bundler, with integrity of every script and Wasm file", async () => {
  const hashes = JSON.parse(readFileSync(join(folder, "node_modules/childlink/integrity.json"), "utf8"));
  const template = readFileSync(join(folder, "import-map", "index.html"), "utf8");
  /** Opens the page with these hashes, and with those of the scripts as an import map has them. */
  const open = async (told) => {
    const addresses = Object.entries(told).filter(([path]) => path.endsWith(".js")).map(([path, hash]) => [`/node_modules/childlink/${path}`, hash]);
    const page = template
      .replace('"integrity": {}', `"integrity": ${JSON.stringify(Object.fromEntries(addresses))}`)
      .replace('json">\n  {}', `json">\n  ${JSON.stringify(told)}`);
    writeFileSync(join(folder, "import-map", "page.html"), page);
    browser.page.faults.length = 0;
    await browser.page.goto(`${server.origin}/import-map/page.html`);
  };
  await open(hashes);
  assert.deepEqual(await read("/import-map/page.html", ["page"]), ["OK"]);
  assert.deepEqual(browser.page.faults.filter((fault) => !/favicon|404/.test(fault)), []);
  const asked = await browser.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname));
  const loaded = asked.filter((path) => path.startsWith("/node_modules/childlink/")).map((path) => path.split("/").slice(3).join("/"));
  assert.deepEqual(loaded.filter((path) => hashes[path] === undefined), []);
  assert.ok(["lib/boundary.js", "full/slim.js", "full/glue.js", "validate/childlink.wasm"].every((path) => loaded.includes(path)), `${loaded}`);
  // A script that is not what it was: nothing runs. A Wasm file that is not: nothing is started.
  for (const path of loaded.filter((path) => path.endsWith(".js"))) {
    await open({ ...hashes, [path]: hashes["validate/childlink.wasm"] });
    await browser.page.waitForLoadState("load");
    assert.equal(await browser.page.textContent("#page"), "", path);
    assert.match(browser.page.faults.join(), /integrity/i, path);
  }
  await open({ ...hashes, "validate/childlink.wasm": hashes["full/childlink.wasm"] });
  assert.deepEqual(await read("/import-map/page.html", ["page"]), ["wasm/cannot-start"]);
});

it("a React form with live validation", async () => {
  const react = join(folder, "react");
  const { build } = await import(require.resolve("vite").replace(/index\.cjs$/, "dist/node/index.js"));
  const alias = ["react-dom", "react"].map((name) => ({ find: name, replacement: join(tools, "node_modules", name) }));
  await build({ root: react, base: "./", logLevel: "error", configFile: false, resolve: { alias }, build: { outDir: "dist", target: "esnext" } });
  const { page } = browser;
  page.faults.length = 0;
  await page.goto(`${server.origin}/react/dist/index.html`);
  const save = page.getByRole("button", { name: "Save" });
  const state = async (name) => [
    await page.getByLabel(name).getAttribute("aria-invalid"),
    await page.locator("p", { has: page.getByLabel(name) }).getByRole("status").textContent(),
  ];
  await page.getByLabel("NHS number").pressSequentially("943 476 5918");
  const [invalid, said] = await state("NHS number");
  assert.equal(invalid, "true");
  assert.match(said, /check digit/i);
  assert.equal(await save.isDisabled(), true);
  await page.getByLabel("NHS number").press("Backspace");
  await page.getByLabel("NHS number").press("9");
  const [corrected, noted] = await state("NHS number");
  assert.equal(corrected, "false");
  assert.match(noted, /testing/, "a number of the range for tests");
  await page.getByLabel("Date of birth").fill("31/02/2024");
  assert.match((await state("Date of birth"))[1], /./);
  await page.getByLabel("Date of birth").fill("29 Feb 2024");
  assert.deepEqual(await state("Date of birth"), ["false", ""]);
  await page.getByLabel("Given name").fill("Zoë");
  assert.equal(await save.isDisabled(), true);
  await page.getByLabel("Postcode").fill("ls14ap");
  assert.equal(await save.isDisabled(), false);
  assert.deepEqual(page.faults, []);
});

// With and without TypeScript's own types of `using`, and of browsers.
for (const [file, module, moduleResolution, ...lib] of [
  ["main.ts", "nodenext", "nodenext", "dom"],
  ["main.ts", "esnext", "bundler", "dom", "esnext.disposable"],
  ["server.ts", "nodenext", "nodenext"],
  ["server.ts", "esnext", "bundler"],
]) {
  it(`TypeScript, strict, ${moduleResolution}, ${lib.includes("dom") ? "for browsers" : "without the types of browsers"}`, () => {
    const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: "es2022", lib: ["es2022", ...lib], types: [], module, moduleResolution };
    mkdirSync(join(folder, "typescript"), { recursive: true });
    const [, example] = /\n```ts\n(.*?)\n```/s.exec(readFileSync(join(folder, "node_modules", "childlink", "README.md"), "utf8"));
    writeFileSync(join(folder, "typescript", "readme.ts"), example);
    const config = join(folder, "typescript", `tsconfig.${file}.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: [file, "readme.ts"] }));
    try {
      run("tsc", ["--project", config]);
    } catch (fault) {
      assert.fail(fault.stdout);
    }
  });
}

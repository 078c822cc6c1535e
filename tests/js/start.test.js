// How an entry is started: by whom, when, and with which file. Each test has a copy of the package of its own, since an
// entry is started once.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const pkg = fileURLToPath(new URL("../../pkg", import.meta.url));
const wasm = (entry) => readFileSync(join(pkg, entry, "childlink.wasm"));
const ROWS = new TextEncoder().encode("record_id,family_name,birth_date\n1,Okafor,2024-02-29\n2,Lee,2019-03-12\n");

describe("starting", () => {
  let folder;
  let copies = 0;
  before(() => (folder = mkdtempSync(join(tmpdir(), "childlink-start-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const fresh = async (entry) => {
    const copy = join(folder, String((copies += 1)));
    for (const part of [entry, "lib", "package.json"]) cpSync(join(pkg, part), join(copy, part), { recursive: true });
    return import(join(copy, entry, "slim.js"));
  };
  const later = () => {
    let give;
    const promise = new Promise((resolve) => (give = resolve));
    return { promise, give };
  };
  const refused = (work) => assert.rejects(async () => work(), { name: "ChildlinkError", code: "wasm/cannot-start" });

  it("keeps what was made while a slower start was on its way", async () => {
    const api = await fresh("full");
    const { promise, give } = later();
    const slow = api.init(promise);
    api.initSync(wasm("full"));
    const linker = new api.Linker();
    await linker.addFile("a.csv", ROWS);
    give(wasm("full"));
    await slow;
    assert.equal((await linker.link()).summary.linkage.records, 2);
  });

  it("gives one start to all who ask, and another chance after a failure", async () => {
    const api = await fresh("validate");
    const { promise, give } = later();
    const all = [api.init(promise), api.init(wasm("validate")), api.init(wasm("validate"))];
    // The second and the third wait for the first, which fails.
    const failures = all.map((start) => refused(() => start));
    give(new Uint8Array(8));
    await Promise.all(failures);
    assert.throws(() => api.isNhsNumber("9434765919"), { code: "wasm/not-started" });
    await api.init(wasm("validate"));
    assert.equal(api.isNhsNumber("9434765919"), true);
  });

  it("does not mind a slower start that fails", async () => {
    const api = await fresh("validate");
    const { promise, give } = later();
    const slow = api.init(promise);
    api.initSync(wasm("validate"));
    give("http://127.0.0.1:1/childlink.wasm");
    await slow;
    assert.equal(api.isNhsNumber("9434765919"), true);
  });

  it("takes bytes, a module, a Response of any media type and promises of them", async () => {
    const answer = (type) => new Response(wasm("validate"), { headers: { "content-type": type } });
    const buffer = Uint8Array.from(wasm("validate")).buffer;
    const module = new WebAssembly.Module(buffer);
    for (const source of [buffer, new DataView(buffer), module, answer("application/wasm"), answer("text/plain"), Promise.resolve(module)]) {
      const api = await fresh("validate");
      await api.init(source);
      assert.equal(api.isNhsNumber("9434765919"), true);
    }
    for (const source of [undefined, null, 7, {}, new Response("", { status: 404 }), "nowhere"]) {
      const api = await fresh("validate");
      await refused(() => api.init(source));
      await refused(() => api.initSync(source));
    }
    const api = await fresh("validate");
    await refused(() => api.init(Promise.reject(new Error("mine"))));
  });

  it("refuses the Wasm file of an entry that cannot do as much, or needs more, and takes its own afterwards", async () => {
    for (const [entry, others] of [["validate", ["full", "edge"]], ["full", ["validate"]], ["edge", ["validate", "full"]]]) {
      const api = await fresh(entry);
      for (const other of others) {
        await refused(() => api.init(wasm(other)));
        await refused(() => api.initSync(wasm(other)));
      }
      api.initSync(wasm(entry));
      assert.equal(api.isNhsNumber("9434765919"), true);
    }
  });
});

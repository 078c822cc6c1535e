// Linking in Wasm: the bytes that the command line writes, however records come in, and what a wrong use comes to.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { native } from "./snapshot.js";
import { ChildlinkError, Linker, checkNhsNumbers, comparePair, readShare, reset } from "../../pkg/full/node.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sample = join(root, "data", "sample");
const files = readdirSync(sample).filter((name) => /^(chis|maternity).*\.csv$/.test(name)).sort();
const TABLES = ["children", "links", "review", "restricted", "quarantine"];

const text = (bytes) => new TextDecoder().decode(bytes);
const bytesOf = (name) => new Uint8Array(readFileSync(join(sample, name)));
async function filled(names = files) {
  const linker = new Linker();
  for (const name of names) await linker.addFile(name, bytesOf(name));
  return linker;
}
const refused = (code, work) => assert.rejects(async () => work(), (error) => error instanceof ChildlinkError && error.code === code);

/** A CSV of few rows, one with a quoted line break and letters outside ASCII. */
const SMALL = 'record_id,birth_date,family_name,given_name\r\n1,2019-03-12,"O""Neill\n-Łuk",Zoë\r\n2,2019-03-12,Okafor,Bo\r\n,x,y,z\r\n';
async function linked(content, name = "small.csv") {
  const linker = new Linker();
  assert.equal(await linker.addFile(name, content), 3);
  return linker.link();
}

describe("Linker", () => {
  it("accounts for every row, and does not depend on the order of files", async () => {
    const linkage = await (await filled()).link();
    const other = await (await filled([...files].reverse())).link();
    for (const table of ["children", "links", "review", "restricted"]) assert.equal(text(other[table]), text(linkage[table]), table);
    const { rows, linkage: counts } = linkage.summary;
    assert.equal(rows.read, rows.accepted + rows.quarantined);
    assert.equal(text(linkage.quarantine).trimEnd().split("\n").length, rows.quarantined + 1);
    assert.equal(counts.records, rows.accepted);
    assert.ok(counts.children > 0 && counts.children < counts.records);
  });

  it("writes the bytes that the command line writes", { skip: native === undefined && "childlink has not been built" }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "childlink-native-"));
    try {
      execFileSync(native, ["link", ...files.map((name) => join(sample, name)), "--out", folder, "--seed", "7"], { stdio: "pipe" });
      const linkage = await (await filled()).link({ seed: 7 });
      for (const table of TABLES) assert.equal(text(linkage[table]), readFileSync(join(folder, `${table}.csv`), "utf8"), table);
      for (const name of ["summary", "model"]) {
        const theirs = readFileSync(join(folder, `${name}.json`), "utf8");
        assert.equal(text(linkage[`${name}Json`]), theirs, name);
        assert.deepEqual(linkage[name], JSON.parse(theirs), name);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("reads the same rows from bytes, chunks, a Blob, a stream and a generator", async () => {
    const whole = new TextEncoder().encode(SMALL);
    const expected = await linked(whole);
    assert.equal(expected.summary.linkage.records, 2);
    const chunks = Array.from({ length: Math.ceil(whole.length / 7) }, (_, n) => whole.subarray(n * 7, n * 7 + 7));
    async function* generator() {
      yield* chunks;
    }
    for (const content of [chunks, new Blob(chunks), new Blob(chunks).stream(), ReadableStream.from(chunks), generator()]) {
      assert.deepEqual(await linked(content), expected);
    }
  });

  it("reads UTF-16 and Windows-1252, also where the encoding only shows late", async () => {
    const table = ({ review, children }) => [text(review), text(children)];
    const expected = table(await linked(new TextEncoder().encode(SMALL)));
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${SMALL}`, "utf16le"));
    assert.deepEqual(table(await linked([utf16.subarray(0, 33), utf16.subarray(33)])), expected);
    const rows = Array.from({ length: 60_000 }, (_, n) => `${n},2019-03-12,Okafor${n},Bo\n`).join("");
    // Each of the 27 bytes that Windows-1252 has and Latin-1 has not, in a row of its own at the end of the file.
    const special = [...Array(32).keys()].map((n) => 0x80 + n).filter((byte) => ![0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte));
    const late = special.map((byte) => [...Buffer.from(`b${byte},2019-03-12,`), byte, 0xeb, ...Buffer.from(",x\n")]).flat();
    const linker = new Linker();
    await linker.addFile("late.csv", [new TextEncoder().encode(`record_id,birth_date,family_name,given_name\n${rows}`), Uint8Array.from(late)]);
    const { summary } = await linker.link();
    assert.equal(summary.files[0].encoding, "windows-1252");
    assert.equal(summary.rows.accepted, 60_000 + special.length);
  });

  it("reads columns as it reads a file", async () => {
    const columns = { record_id: ["1", "2", ""], dob: ["2019-03-12", "2019-03-12", "x"], surname: ['O"Neill\n-Łuk', "Okafor", "y"], given_name: ["Zoë", "Bo", null] };
    const texts = new Linker();
    assert.equal(texts.addColumns("small", columns), 3);
    const buffers = Object.entries(columns).map(([name, values]) => {
      const parts = values.map((value) => Buffer.from(value ?? ""));
      const offsets = Uint32Array.from([0, ...parts].map(((end) => (part) => (end += part.length ?? 0))(0)));
      return [name, { bytes: new Uint8Array(Buffer.concat(parts)), offsets }];
    });
    const packed = new Linker();
    packed.addColumns("small", Object.fromEntries(buffers));
    const chunked = new Linker();
    for (const row of [0, 1, 2]) {
      const chunk = Object.entries(columns).map(([name, values]) => [name, [values[row]]]);
      chunked.addColumns("small", Object.fromEntries(chunk), { source: "small" });
    }
    const expected = await linked(new TextEncoder().encode(SMALL));
    for (const linker of [texts, packed, chunked]) {
      const { children, links, summary } = await linker.link();
      assert.equal(text(children), text(expected.children));
      assert.equal(text(links), text(expected.links));
      assert.deepEqual(summary.rows, expected.summary.rows);
    }
  });

  it("reads a column longer than any text can be", async () => {
    // 600 MB in 6,000 texts; V8's longest text has some 537 million characters.
    const linker = new Linker();
    const name = Array(6000).fill("A".repeat(100_000));
    const columns = { record_id: name.map((_, row) => `${row}`), birth_date: name.map(() => "2019-03-12"), family_name: name };
    assert.equal(linker.addColumns("long", columns), 6000);
    linker.free();
    reset();
  });

  it("tells how far it is", async () => {
    const heard = [];
    const onProgress = (progress) => heard.push(progress);
    const linker = new Linker();
    for (const name of files) await linker.addFile(name, bytesOf(name), { onProgress });
    const size = files.reduce((sum, name) => sum + bytesOf(name).length, 0);
    const ends = heard.filter(({ done, total }) => done === total);
    assert.ok(ends.length >= files.length && new Set(ends.map(({ total }) => total)).size <= files.length, String(size));
    heard.length = 0;
    await linker.link({ onProgress });
    assert.deepEqual([...new Set(heard.map(({ phase }) => phase))], ["build", "train", "link", "write"]);
    assert.ok(heard.every(({ done, total }, place) => total === 4 && done >= (heard[place - 1]?.done ?? 0)));
  });

  it("stops when it is told to, while it reads and while it links", async () => {
    const reading = new AbortController();
    const linker = await filled(files.slice(0, 1));
    const content = bytesOf(files[1]);
    await refused("linker/cancelled", () => linker.addFile("b.csv", content, { onProgress: () => reading.abort(), signal: reading.signal }));
    // What was not read as a whole is not there at all.
    await linker.addFile(files[1], content);
    for (const phase of ["build", "train", "link", "write"]) {
      const linking = new AbortController();
      const other = await filled(files.slice(0, 2));
      const onProgress = (progress) => progress.phase === phase && setTimeout(() => linking.abort());
      await refused("linker/cancelled", () => other.link({ onProgress, signal: linking.signal }));
      await refused("linker/gone", () => other.link());
    }
    const { summary } = await linker.link();
    assert.equal(summary.rows.read, summary.files.reduce((sum, file) => sum + file.rows, 0));
    assert.equal(summary.files.length, 2);
  });

  it("takes a model, and gives back the trained one", async () => {
    const { model } = await (await filled()).link();
    const again = new Linker({ model });
    for (const name of files) await again.addFile(name, bytesOf(name));
    const second = await again.link();
    assert.deepEqual(second.model, model);
    assert.equal(second.summary.linkage.training, null);
    const record = { given_name: "Zoë", family_name: "Okafor", birth_date: "2019-03-12" };
    assert.ok(Number.isFinite(comparePair(record, record, { model }).match_weight));
    await refused("argument/not-object", () => new Linker({ model: "child-health" }));
    await assert.rejects(async () => new Linker({ model: {} }), { name: "ChildlinkError" });
  });

  it("obeys the lists that the command line obeys", { skip: native === undefined && "childlink has not been built" }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "childlink-lists-"));
    const at = (name) => join(folder, name);
    const run = (...args) => execFileSync(native, args, { stdio: "pipe" });
    try {
      run("link", ...files.map((name) => join(sample, name)), "--out", at("before"), "--seed", "7");
      const links = readFileSync(at("before/links.csv"), "utf8").trim().split("\n").slice(1).map((line) => line.split(",").slice(0, 4));
      const [barredPair, different, ...others] = links;
      const header = "source_l,record_id_l,source_r,record_id_r";
      writeFileSync(at("pairs.csv"), `${header}\n${barredPair.join(",")}\n`);
      const stranger = ["chis-01", "no such", ...others[0].slice(2)];
      const decided = [different, stranger].map((pair) => `${pair.join(",")},different,jk,2026-11-21\n`).join("");
      writeFileSync(at("decisions.csv"), `${header},decision,reader,decided_at\n${decided}`);
      const numbers = readFileSync(join(sample, "chis-01.csv"), "utf8").split("\n").slice(1, 3).map((line) => line.split(",")[1]);
      writeFileSync(at("superseded.csv"), `old_nhs_number,nhs_number\n${numbers.join(",")}\n`);
      run("bar", at("pairs.csv"), "--list", at("barred.csv"));
      run(
        "link", ...files.map((name) => join(sample, name)), "--out", at("after"), "--seed", "7", "--previous", at("before"),
        "--decisions", at("decisions.csv"), "--barred", at("barred.csv"), "--superseded", at("superseded.csv"),
      );
      const list = (name) => new Uint8Array(readFileSync(at(name)));
      const linker = await filled();
      const linkage = await linker.link({
        seed: 7,
        decisions: list("decisions.csv"),
        barred: { list: list("barred.csv"), key: readFileSync(at("barred.csv.key"), "utf8") },
        superseded: list("superseded.csv"),
        previous: {
          children: list("before/children.csv"),
          nextChildId: JSON.parse(readFileSync(at("before/summary.json"), "utf8")).linkage.next_child_id,
        },
      });
      for (const table of [...TABLES, "changes"]) {
        assert.equal(text(linkage[table]), readFileSync(at(`after/${table}.csv`), "utf8"), table);
      }
      assert.ok(!text(linkage.links).includes(barredPair.join(",")), "the barred pair is nowhere");
      assert.ok(text(linkage.changes).split("\n").length > 2, "children were parted, and that is told");
      assert.deepEqual(linkage.notes, ["1 decisions are on records that are not in the input"]);
      const plain = await (await filled()).link();
      assert.deepEqual([plain.notes, plain.changes], [[], undefined]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("tells of a list that cannot be read before the records are spent", async () => {
    const linker = await filled();
    const list = (content) => new TextEncoder().encode(content);
    await refused("list/missing-column", () => linker.link({ decisions: list("a,b\n") }));
    await refused("list/unreadable", () => linker.link({ superseded: list("old_nhs_number,nhs_number\n1,2\n") }));
    await refused("barred/key", () => linker.link({ barred: { list: list("hash\n"), key: "abc" } }));
    await refused("argument/not-bytes", () => linker.link({ decisions: "a,b" }));
    await refused("argument/not-child-id", () => linker.link({ previous: { children: list(""), nextChildId: 0.5 } }));
    assert.ok((await linker.link()).summary.linkage.records > 0);
  });

  it("joins what several read of one file", async () => {
    // Long enough for several parts, with quoted line breaks, bad rows and an encoding that only shows at the end.
    const rows = Array.from({ length: 120_000 }, (_, n) => {
      const date = `20${10 + (n % 14)}-${10 + (n % 3)}-${10 + (n % 19)}`;
      const row = `${n},${date},Okafor${n},"Bo${n * 7}${n % 50 === 0 ? "\n" : ""}"`;
      return n % 1000 === 7 ? `${row},x` : row;
    });
    const whole = new Uint8Array(Buffer.from(`record_id,birth_date,family_name,given_name\n${rows.join("\n")}\nlast,2019-03-12,Zo\xeb,x\n`, "latin1"));
    assert.ok(whole.length > 1 << 22, "more than one part");
    const alone = new Linker();
    const count = await alone.addFile("rows.csv", whole);
    const expected = await alone.link();
    assert.equal(expected.summary.files[0].encoding, "windows-1252");
    const parts = [];
    // A third has nothing to do here.
    for (const place of [2, 0]) await readShare("rows.csv", whole, { place, of: 3, onPart: (part) => parts.push(part) });
    assert.equal(parts.length, 1);
    const joined = new Linker();
    assert.equal(await joined.addFile("rows.csv", whole, { share: { place: 1, of: 3, parts } }), count);
    assert.deepEqual(await joined.link(), expected);
    const other = new Linker();
    await refused("input/damaged", () => other.addFile("rows.csv", whole, { share: { place: 1, of: 3, parts: [parts[0].slice(1)] } }));
    await refused("argument/not-share", () => other.addFile("rows.csv", whole, { share: { place: 3, of: 3, parts } }));
    await refused("argument/not-share", () => readShare("rows.csv", whole, { place: 0.5, of: 2, onPart: () => {} }));
    await refused("argument/not-function", () => readShare("rows.csv", whole, { place: 0, of: 2 }));
    await refused("columns/missing", () => readShare("x.csv", new TextEncoder().encode("a,b\n1,2\n"), { place: 0, of: 2, onPart: () => {} }));
  });

  it("answers wrong use with ChildlinkError", async () => {
    const linker = await filled();
    const good = new TextEncoder().encode(SMALL);
    for (const content of [undefined, null, 7, "record_id,birth_date", [good, "x"], new Uint16Array(4), {}]) {
      await refused("argument/not-bytes", () => linker.addFile("x.csv", content));
    }
    await refused("argument/not-text", () => linker.addFile(undefined, good));
    await refused("argument/not-text", () => linker.addFile("x.csv", good, { source: 7 }));
    await refused("argument/not-allowed", () => linker.addFile("x.csv", good, { sauce: "north" }));
    await refused("argument/not-function", () => linker.addFile("x.csv", good, { onProgress: "loud" }));
    await refused("argument/not-signal", () => linker.link({ signal: true }));
    await refused("argument/not-seed", () => linker.link({ seed: -1 }));
    await refused("argument/not-boolean", () => linker.link({ linkOnly: "yes" }));
    await refused("linker/callback", () => linker.addFile("x.csv", good, { onProgress: () => { throw new Error("mine"); } }));
    await refused("csv/empty", () => linker.addFile("x.csv", new Uint8Array()));
    await refused("columns/missing", () => linker.addFile("x.csv", new TextEncoder().encode("a,b\n1,2\n")));
    const gone = new Uint8Array(good);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    await refused("argument/detached", () => linker.addFile("x.csv", gone));
    await refused("input/same-name", async () => {
      await linker.addFile("x.csv", good);
      await linker.addFile("x.csv", good);
    });
    await refused("argument/not-object", () => linker.addColumns("c", []));
    await refused("argument/not-column", () => linker.addColumns("c", { record_id: "1" }));
    await refused("argument/not-text", () => linker.addColumns("c", { record_id: [1] }));
    await refused("argument/offsets", () => linker.addColumns("c", { record_id: { bytes: good, offsets: Uint32Array.of(5, 4) } }));
    await refused("columns/length", () => linker.addColumns("c", { record_id: ["1"], birth_date: [], family_name: ["x"] }));
    await refused("columns/missing", () => linker.addColumns("c", { record_id: ["\ud800"] }));
    linker.free();
    linker.free();
    await refused("linker/gone", () => linker.link());
    await refused("linker/gone", () => linker.addFile("x.csv", good));
    await refused("linker/gone", () => linker.addColumns("c", { record_id: ["1"] }));
  });

  it("cannot be used by a function that it asks, and is freed by one when it is done", async () => {
    const content = new TextEncoder().encode(SMALL);
    const linker = new Linker();
    const codes = new Set();
    const tried = () => {
      try {
        linker.addColumns("c", { record_id: ["1"] });
      } catch (error) {
        codes.add(error instanceof ChildlinkError ? error.code : `${error}`);
      }
    };
    assert.equal(await linker.addFile("small.csv", content, { onProgress: tried }), 3);
    assert.deepEqual([...codes], ["linker/busy"]);
    const { summary } = await linker.link();
    assert.equal(summary.rows.read, 3);
    const other = new Linker();
    assert.equal(await other.addFile("small.csv", content, { onProgress: () => other.free() }), 3);
    await refused("linker/gone", () => other.link());
  });

  it("tells of content that is gone before rows set aside could be read again", async () => {
    const linker = new Linker();
    const bytes = new TextEncoder().encode(SMALL);
    await linker.addFile("small.csv", bytes);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    await refused("input/cannot-read", () => linker.link());
  });

  it("is freed by using, is gone after a reset or a trap, and two linkers do not meet", async () => {
    const before = await filled();
    reset();
    await refused("linker/gone", () => before.link());
    before.free();
    const trapped = await filled();
    assert.throws(() => checkNhsNumbers(new Uint8Array(4_294_967_000)), { code: "wasm/trap" });
    await refused("linker/gone", () => trapped.link());
    const [one, other] = await Promise.all([filled(), filled(files.slice(0, 1))]);
    const [all, few] = await Promise.all([one.link(), other.link()]);
    assert.ok(few.summary.linkage.records < all.summary.linkage.records);
    const disposed = await filled();
    disposed[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
    await refused("linker/gone", () => disposed.link());
  });
});

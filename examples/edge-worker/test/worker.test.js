// The worker over HTTP in workerd: who may do what, what is kept through a kill, and that nothing happens twice.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { encryptSnapshot, importKey } from "../src/snapshot.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tools = join(root, "pkg-config", "tools");
const require = createRequire(join(tools, "package.json"));
const { Miniflare } = require("miniflare");
const { SignJWT, exportJWK, generateKeyPair } = await import(require.resolve("jose"));
const native = ["debug", "release"].map((profile) => join(root, "target", profile, "childlink")).find(existsSync);
const folder = join(root, "target", "edge-worker");
const bytes = (text) => new TextEncoder().encode(text);

const SNAPSHOT_KEY = Buffer.alloc(32, 7).toString("base64");
const HEADER =
  "NHS_NUMBER|PERSON_FORENAME|PERSON_SURNAME|PERSON_DOB|PERSON_GENDER_CODE|PERSON_POSTCODE|DATE_AND_TIME|SITE_CODE|SITE_CODE_TYPE_URI|UNIQUE_ID|UNIQUE_ID_URI|ACTION_FLAG|NOT_GIVEN|VACCINATION_PROCEDURE_CODE|RECORDED_DATE|PRIMARY_SOURCE|DOSE_SEQUENCE|VACCINE_PRODUCT_CODE|INDICATION_CODE";
const VACCINATION = `${HEADER}\n9434765919|Zoe|Okafor|20260105|2|LS1 4AP|20260302T10000000|RVVKC|x|v1|https://supplier.example|new||1303503001|20260302|TRUE|1|42605811000001109|\n`;
const NEW_CHILD = "MSH|^~\\&|MAT|RVVKC|CHIS|X|20260105101500||ADT^A28|m1|P|2.4\rEVN|A28|20260105101500\rPID|1||9434765919^^^NHS||Okafor^Zoe||20260105|F|||14 High Street^^Leeds^^LS1 4AP\r";
const PATIENT = { resourceType: "Patient", identifier: [{ system: "https://fhir.nhs.uk/Id/nhs-number", value: "9434765919" }], name: [{ family: "Okafor", given: ["Zoë"] }], birthDate: "2026-01-05" };

describe("edge worker", { skip: native === undefined && "childlink has not been built" }, () => {
  let worker, keys, modules;
  const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  async function start(more = {}) {
    worker = new Miniflare({
      host: "127.0.0.1", port: 0, cf: false, telemetry: { enabled: false }, compatibilityDate: "2026-04-01",
      modulesRoot: join(folder, "dist"), modules,
      durableObjects: { INDEX: { className: "IndexObject", useSQLite: true } },
      r2Buckets: ["SNAPSHOTS"],
      durableObjectsPersist: join(folder, "state"), r2Persist: join(folder, "state"),
      bindings: { TOKEN_ISSUER: "https://issuer.example", TOKEN_AUDIENCE: "childlink-edge", REQUESTS_PER_MINUTE: "600", SNAPSHOT_KEY, TOKEN_KEYS: JSON.stringify({ keys: [keys.jwk] }), ...more },
    });
    await worker.ready;
  }
  const token = (scope, { key = keys.privateKey, expires = "5m", audience = "childlink-edge" } = {}) =>
    new SignJWT({ scope }).setProtectedHeader({ alg: "EdDSA" }).setSubject("clerk-1").setIssuer("https://issuer.example").setAudience(audience).setExpirationTime(expires).sign(key);
  async function ask(method, path, { scope = "submit match review schedule metrics", body, bearer } = {}) {
    const headers = { authorization: `Bearer ${bearer ?? (await token(scope))}` };
    const response = await worker.dispatchFetch(`http://localhost${path}`, { method, headers, body });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
  const code = ({ body }) => body.issue[0].details.coding[0].code;

  before(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    cpSync(join(root, "examples", "edge-worker", "src"), join(folder, "src"), { recursive: true });
    cpSync(join(root, "examples", "edge-worker", "wrangler.json"), join(folder, "wrangler.json"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const packed = JSON.parse(run("npm", ["pack", join(root, "pkg"), "--json", "--pack-destination", folder]));
    const [{ filename }] = Array.isArray(packed) ? packed : Object.values(packed);
    run("npm", ["install", "--offline", "--no-audit", "--no-fund", "--no-save", join(folder, filename)]);
    symlinkSync(join(tools, "node_modules", "jose"), join(folder, "node_modules", "jose"));
    execFileSync("wrangler", ["deploy", "--dry-run", "--outdir", "dist", "--config", "wrangler.json"], { cwd: folder, env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" }, stdio: ["ignore", "pipe", "pipe"] });
    const dist = join(folder, "dist");
    modules = readdirSync(dist)
      .filter((name) => /\.(js|wasm)$/.test(name))
      .sort((name) => (name.endsWith(".js") ? -1 : 1))
      .map((name) => ({ type: name.endsWith(".js") ? "ESModule" : "CompiledWasm", path: join(dist, name), contents: readFileSync(join(dist, name)) }));
    const pair = await generateKeyPair("EdDSA", { extractable: true });
    keys = { privateKey: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)), alg: "EdDSA" } };
    await start();
  });
  after(() => worker?.dispose());

  const sample = join(root, "data", "sample");
  async function putSnapshot(change = (snapshot) => snapshot) {
    const files = readdirSync(sample).filter((name) => /^(chis|maternity).*\.csv$/.test(name)).map((name) => join(sample, name));
    run(native, ["index", "build", ...files, "--out", join(folder, "index.clix")]);
    const encrypted = await encryptSnapshot(new Uint8Array(readFileSync(join(folder, "index.clix"))), await importKey(SNAPSHOT_KEY));
    const bucket = await worker.getR2Bucket("SNAPSHOTS");
    await bucket.put("index.clix.enc", change(new Uint8Array(await encrypted.arrayBuffer())));
  }

  it("lets nobody in without a valid token of the right scope", async () => {
    const metrics = (bearer) => ask("GET", "/metrics", { bearer });
    const bare = await worker.dispatchFetch("http://localhost/metrics");
    assert.equal(bare.status, 401);
    const { privateKey: stranger } = await generateKeyPair("EdDSA");
    for (const bearer of [await token("metrics", { key: stranger }), await token("metrics", { expires: "-1m" }), await token("metrics", { audience: "other" }), "eyJhbGciOiJub25lIn0.e30."]) {
      assert.deepEqual([(await metrics(bearer)).status, code(await metrics(bearer))], [401, "token/invalid"]);
    }
    for (const [method, path, scope] of [["POST", "/notifications", "match"], ["POST", "/Patient/$match", "submit"], ["GET", "/review", "metrics"], ["GET", "/children/1/schedule", "review"], ["GET", "/metrics", "schedule"]]) {
      const answer = await ask(method, path, { scope, body: method === "POST" ? "x" : undefined });
      assert.deepEqual([answer.status, code(answer)], [403, "token/scope"], path);
    }
    assert.equal((await ask("GET", "/elsewhere")).status, 404);
    assert.equal((await ask("GET", "/notifications")).status, 405);
  });

  it("serves nothing before there is a whole and true snapshot", async () => {
    assert.deepEqual([(await ask("GET", "/metrics")).status, code(await ask("GET", "/metrics"))], [503, "snapshot/missing"]);
    for (const change of [(all) => all.subarray(0, all.length - 1), (all) => all.map((byte, place) => (place === 100 ? byte ^ 1 : byte)), () => new Uint8Array(3)]) {
      await putSnapshot(change);
      assert.equal((await ask("GET", "/metrics")).status, 500);
    }
    await putSnapshot();
    const { status, body } = await ask("GET", "/metrics");
    assert.equal(status, 200);
    assert.ok(body.index.children > 0);
    assert.ok(body.audit >= 5, "refused requests are audited too");
  });

  it("takes a child up, knows it, and tells what is due", async () => {
    const match = () => ask("POST", "/Patient/$match", { body: JSON.stringify(PATIENT) });
    assert.equal((await match()).body.total, 0);
    const { status, body } = await ask("POST", "/notifications", { body: NEW_CHILD });
    assert.deepEqual([status, body.receipts[0].receipt], [200, "fresh"], JSON.stringify(body));
    const found = (await match()).body;
    assert.equal(found.total, 1, JSON.stringify((await ask("GET", "/review")).body));
    assert.equal(found.entry[0].search.extension[0].valueCode, "certain");
    assert.equal((await ask("POST", "/notifications", { body: VACCINATION })).body.receipts[0].receipt, "fresh");
    const child = found.entry[0].resource.id;
    const due = await ask("GET", `/children/${child}/schedule?asAt=2026-04-01`);
    assert.equal(due.status, 200, JSON.stringify(due.body));
    assert.equal(due.body.as_at, "2026-04-01");
    assert.equal(due.body.history.length, 1, "the dose of the batch file");
    assert.equal((await ask("GET", "/children/4000000000/schedule")).status, 404);
  });

  it("loses nothing and does nothing twice when it is killed and started again", async () => {
    const counts = async () => {
      const { audit: _, ...rest } = (await ask("GET", "/metrics")).body;
      return rest;
    };
    const before = await counts();
    assert.ok(before.message === 2 && before.journal >= 1);
    await worker.dispose();
    await start();
    assert.deepEqual(await counts(), before);
    for (const body of [VACCINATION, NEW_CHILD, VACCINATION]) {
      assert.equal((await ask("POST", "/notifications", { body })).body.receipts[0].receipt, "repeat");
    }
    assert.deepEqual(await counts(), before);
    assert.equal((await ask("POST", "/Patient/$match", { body: JSON.stringify(PATIENT) })).body.total, 1);
  });

  it("keeps what it cannot read, and says so without telling what it holds", async () => {
    const { quarantine } = (await ask("GET", "/metrics")).body;
    for (const body of ["<Bundle><secret value='Okafor'/>", '{"resourceType":"Observation"}', `<!DOCTYPE x [<!ENTITY a "b">]><Bundle>&a;</Bundle>`, "[".repeat(100_000)]) {
      const answer = await ask("POST", "/notifications", { body });
      assert.equal(answer.status, 400);
      assert.ok(!JSON.stringify(answer.body).includes("Okafor"));
    }
    assert.equal((await ask("GET", "/metrics")).body.quarantine, quarantine + 4);
    assert.equal((await ask("POST", "/notifications", { body: new Uint8Array(3_000_001) })).status, 413);
    assert.equal((await ask("POST", "/Patient/$match", { body: "{}" })).status, 400);
  });

  it("hands the doubtful to a person, and does not ask again", async () => {
    // A vaccination of somebody whom nobody announced.
    await ask("POST", "/notifications", { body: VACCINATION.replace("9434765919|Zoe|Okafor|20260105", "4010232137|Bo|Lee|20250101").replace("|v1|", "|v2|") });
    const { items } = (await ask("GET", "/review")).body;
    const item = items.find((one) => one.code === "notification/unknown-child");
    assert.ok(item, JSON.stringify(items));
    assert.deepEqual([(await ask("POST", `/review/${item.id}`, { body: "{}" })).status, (await ask("POST", `/review/${"0".repeat(32)}`, { body: "{}" })).status], [400, 404]);
    assert.equal((await ask("POST", `/review/${item.id}`, { body: '{"decision":"different"}' })).status, 200);
    await worker.dispose();
    await start();
    assert.ok(!(await ask("GET", "/review")).body.items.some((one) => one.id === item.id));
  });

  it("limits how often one caller asks", async () => {
    await worker.dispose();
    await start({ REQUESTS_PER_MINUTE: "2" });
    const statuses = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await ask("GET", "/metrics")).status);
    assert.ok(statuses.includes(429) && statuses[0] === 200, statuses.join());
  });
});

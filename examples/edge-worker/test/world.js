// What the tests share: the example installed beside the packed package, bundled for workerd, and a snapshot to start from.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { encryptSnapshot, importKey } from "../src/snapshot.js";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const example = join(root, "examples", "edge-worker");
const tools = join(root, "pkg-config", "tools");
export const require = createRequire(join(tools, "package.json"));
const { SignJWT, exportJWK, generateKeyPair } = await import(require.resolve("jose"));
export const native = ["debug", "release"].map((profile) => join(root, "target", profile, "childlink")).find(existsSync);

const SNAPSHOT_KEY = Buffer.alloc(32, 7).toString("base64");
const [ISSUER, AUDIENCE] = ["https://issuer.example", "childlink-edge"];

/** A snapshot encrypted by the key of the tests. */
export async function encrypt(snapshot) {
  return new Uint8Array(await (await encryptSnapshot(snapshot, await importKey(SNAPSHOT_KEY))).arrayBuffer());
}

export async function createWorld() {
  const folder = join(root, "target", "edge-worker");
  const app = join(folder, "app");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(app, "node_modules"), { recursive: true });
  const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" } });
  for (const name of ["src", "test", "wrangler.json", "package.json"]) cpSync(join(example, name), join(app, name), { recursive: true });
  const [{ filename }] = Object.values(JSON.parse(run("npm", ["pack", join(root, "pkg"), "--json", "--pack-destination", folder])));
  run("tar", ["xzf", filename]);
  symlinkSync(join(folder, "package"), join(app, "node_modules", "childlink"));
  for (const name of Object.keys(JSON.parse(readFileSync(join(example, "package.json"), "utf8")).dependencies)) {
    const place = join(app, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    if (name !== "childlink") symlinkSync(join(tools, "node_modules", name), place);
  }
  const bundled = {};
  const bundle = (isBroken) => {
    const [entry, out] = isBroken ? ["test/broken-worker.js", "dist-broken"] : ["src/worker.js", "dist"];
    bundled[out] ??= run("wrangler", ["deploy", entry, "--dry-run", "--outdir", out, "--config", "wrangler.json"], app);
    return join(app, out);
  };
  const modulesOf = (bundled) =>
    readdirSync(bundled)
      .filter((name) => /\.(js|wasm)$/.test(name))
      .sort((name) => (name.endsWith(".js") ? -1 : 1))
      .map((name) => join(bundled, name))
      .map((path) => ({ type: path.endsWith(".js") ? "ESModule" : "CompiledWasm", path, contents: readFileSync(path) }));
  const modules = (isBroken) => modulesOf(bundle(isBroken));

  const keys = await generateKeyPair("EdDSA", { extractable: true });
  const stranger = await generateKeyPair("EdDSA");
  const jwk = { ...(await exportJWK(keys.publicKey)), alg: "EdDSA" };
  const token = (scope, { caller = "clerk-1", expires = "5m", audience = AUDIENCE, isStranger = false } = {}) =>
    new SignJWT({ scope }).setProtectedHeader({ alg: "EdDSA" }).setSubject(caller).setIssuer(ISSUER).setAudience(audience).setExpirationTime(expires).sign((isStranger ? stranger : keys).privateKey);

  const write = (path, bytes) => writeFileSync(path, bytes);
  const sample = join(root, "data", "sample");
  const files = readdirSync(sample).filter((name) => /^(chis|maternity).*\.csv$/.test(name)).map((name) => join(sample, name));
  write(join(folder, "clinic.csv"), CLINIC);
  run(native, ["index", "build", ...files, join(folder, "clinic.csv"), "--out", "index.clix"]);
  run(native, ["index", "build", ...files, "--out", "other.clix"]);
  write(join(folder, "zz-clinic.csv"), LATER);
  run(native, ["index", "build", ...files, join(folder, "clinic.csv"), join(folder, "zz-clinic.csv"), "--out", "later.clix"]);
  const [snapshot, otherSnapshot, laterSnapshot] = ["index.clix", "other.clix", "later.clix"].map((name) => readFileSync(join(folder, name)));
  const [encrypted, other] = await Promise.all([snapshot, otherSnapshot].map(encrypt));
  // The package as those use it who make the next snapshot.
  const core = await import(pathToFileURL(join(folder, "package", "edge", "node.js")));

  /** The list of one barred pair of NHS numbers and its key, made by `childlink bar`. */
  const bar = (one, other) => {
    const files = ["pair.csv", "barred.csv"].map((name) => join(folder, name));
    rmSync(files[1], { force: true });
    write(files[0], `source_l,record_id_l,source_r,record_id_r\n,${one},,${other}\n`);
    run(native, ["bar", "--list", files[1], files[0]]);
    return { list: new Uint8Array(readFileSync(files[1])), key: readFileSync(`${files[1]}.key`, "utf8").trim() };
  };

  const config = { TOKEN_ISSUER: ISSUER, TOKEN_AUDIENCE: AUDIENCE, REQUESTS_PER_MINUTE: "100000", MESSAGES_AT_MOST: "10000", SNAPSHOT_KEY, TOKEN_KEYS: JSON.stringify({ keys: [jwk] }) };
  return { folder, app, bundle, modules, modulesOf, token, write, bar, config, encrypted, other, snapshot, otherSnapshot, laterSnapshot, core };
}

/** One child who stands in the snapshot twice, under two numbers. */
export const NORA = { given: "Nora", family: "Brackley", born: "20250405", sex: "F", postcode: "LS9 3QT" };
export const NORA_IN_SNAPSHOT = ["9990000204", "9990000212"];

/** Children of the snapshot whom the tests ask about; the second and third are twins, the fourth is sensitive. */
const CLINIC = `record_id,nhs_number,given_name,family_name,sex,birth_date,birth_order,address_1,address_2,postcode,gp_practice,sensitive
a,,Ada,Fenwick,F,2025-06-07,,12 Orchard Row,Leeds,LS6 2AB,B86001,
b,4010232137,Ivo,Marlow,M,2025-02-03,1,3 Station Road,Leeds,LS7 4PQ,B86002,
c,,Ned,Marlow,M,2025-02-03,2,3 Station Road,Leeds,LS7 4PQ,B86002,
d,9990548609,Mina,Quist,F,2025-03-04,,7 Mill Lane,Leeds,LS8 1XY,B86003,1
e,${NORA_IN_SNAPSHOT[0]},Nora,Brackley,F,2025-04-05,,8 Tan Yard,Leeds,LS9 3QT,B86004,
f,${NORA_IN_SNAPSHOT[1]},Nora,Brackley,F,2025-04-05,,8 Tan Yard,Leeds,LS9 3QT,B86004,
`;

/** One more, of a source whose name comes last: serials are given in this order, so that the others keep theirs. */
const LATER = `record_id,nhs_number,given_name,family_name,sex,birth_date,address_1,address_2,postcode
g,9990000220,Otto,Lindqvist,M,2025-08-09,4 Weir Street,Leeds,LS5 3BH
`;

// Makes what a deployer brings, to try the function out: `node prepare.js children.index DATA > env.sh` encrypts a snapshot
// into the folder and writes settings with keys of its own and a token for an hour. In use tokens come from your own issuer.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { encryptSnapshot, importKey } from "./src/snapshot.js";

const [snapshot, folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node prepare.js SNAPSHOT DATA");
  process.exit(2);
}
const settings = { DATA: folder, TOKEN_ISSUER: "https://issuer.example", TOKEN_AUDIENCE: "childlink-edge", REQUESTS_PER_MINUTE: "600", MESSAGES_AT_MOST: "1000" };
settings.SNAPSHOT_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
const encrypted = await encryptSnapshot(readFileSync(snapshot), await importKey(settings.SNAPSHOT_KEY));
mkdirSync(folder, { recursive: true, mode: 0o700 });
writeFileSync(join(folder, "index.clix.enc"), Buffer.from(await encrypted.arrayBuffer()), { mode: 0o600 });

const header = { alg: "EdDSA", kid: "trial" };
const { publicKey, privateKey } = await generateKeyPair(header.alg);
settings.TOKEN_KEYS = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), ...header }] });
settings.TOKEN = await new SignJWT({ scope: "submit match review restricted schedule journal metrics" })
  .setProtectedHeader(header)
  .setSubject("trial")
  .setIssuer(settings.TOKEN_ISSUER)
  .setAudience(settings.TOKEN_AUDIENCE)
  .setExpirationTime("1h")
  .sign(privateKey);
for (const [name, value] of Object.entries(settings)) console.log(`export ${name}='${value}'`);

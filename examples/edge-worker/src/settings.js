// What the deployer sets. A setting that is missing or cannot be read refuses every request: without the issuer's name any
// issuer's token would do, and without a limit nobody would be limited.
import { createLocalJWKSet, importJWK } from "jose";
import { Refusal } from "./refusal.js";

/** How tokens may be signed; which of these a key is for that does not say so. */
export const ALGORITHMS = ["EdDSA", "ES256", "PS256"];
const BY_KIND = { OKP: "EdDSA", EC: "ES256", RSA: "PS256" };
const AES_KEY = 32;

const isText = (value) => typeof value === "string" && value.trim() !== "";
const isCount = (value) => /^[1-9]\d{0,8}$/.test(value ?? "");

const READABLE = {
  TOKEN_ISSUER: isText,
  TOKEN_AUDIENCE: isText,
  TOKEN_KEYS: isText,
  SNAPSHOT_KEY: (value) => {
    try {
      return atob(value).length === AES_KEY;
    } catch {
      return false;
    }
  },
  REQUESTS_PER_MINUTE: isCount,
  MESSAGES_AT_MOST: isCount,
};

/** The last set of keys that was read, since it is the same for every request. */
let read = {};

/** The keys of the issuer, all settings being as they must be. */
export async function checkedKeys(config) {
  for (const [name, isReadable] of Object.entries(READABLE)) if (!isReadable(config[name])) throw unset(name);
  if (read.text !== config.TOKEN_KEYS) read = { text: config.TOKEN_KEYS, keys: await keysOf(config.TOKEN_KEYS) };
  return read.keys;
}

/** Every key that tokens could be signed by must be one; a set may hold others beside it. */
async function keysOf(text) {
  try {
    const set = JSON.parse(text);
    const usable = set.keys.filter(({ kty, alg }) => ALGORITHMS.includes(alg ?? BY_KIND[kty]));
    await Promise.all(usable.map((key) => importJWK(key, key.alg ?? BY_KIND[key.kty])));
    if (usable.length > 0) return createLocalJWKSet(set);
  } catch {
    // Told below, without what was set.
  }
  throw unset("TOKEN_KEYS");
}

const unset = (name) => new Refusal(503, "deployment/setting", `the setting ${name} is missing or cannot be read`, "set it as the README says; until then nobody is served");

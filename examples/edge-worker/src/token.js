// Who calls, and what they may do: signed tokens (JWT) of the deployer's own issuer, by its public keys.
import { createLocalJWKSet, jwtVerify } from "jose";
import { Refusal } from "./refusal.js";

/** Verifies the request's token; answers who the caller is, and the token's scopes. */
export async function authorise(request, config) {
  const [, token] = /^Bearer ([\w.-]+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw new Refusal(401, "token/missing", "the request has no bearer token", "send a token of the issuer");
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(config.TOKEN_KEYS)), {
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      algorithms: ["EdDSA", "ES256", "PS256"],
      requiredClaims: ["sub", "exp"],
    });
    return { caller: payload.sub, scopes: String(payload.scope ?? "").split(" ") };
  } catch {
    throw new Refusal(401, "token/invalid", "the token is not valid", "get a new one from the issuer");
  }
}

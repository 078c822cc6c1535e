// Who calls, and what they may do: signed tokens (JWT) of the deployer's own issuer, by its public keys.
import { createLocalJWKSet, jwtVerify } from "jose";
import { Refusal } from "./refusal.js";

/** Verifies the request's token and that it has the scope; answers who the caller is. */
export async function authorise(request, env, scope) {
  const [, token] = /^Bearer ([\w.-]+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw new Refusal(401, "token/missing", "the request has no bearer token", "send a token of the issuer");
  let claims;
  try {
    const keys = createLocalJWKSet(JSON.parse(env.TOKEN_KEYS));
    const algorithms = ["EdDSA", "ES256", "PS256"];
    const required = ["sub", "exp"];
    ({ payload: claims } = await jwtVerify(token, keys, {
      issuer: env.TOKEN_ISSUER,
      audience: env.TOKEN_AUDIENCE,
      algorithms,
      requiredClaims: required,
    }));
  } catch {
    throw new Refusal(401, "token/invalid", "the token is not valid", "get a new one from the issuer");
  }
  if (!String(claims.scope ?? "").split(" ").includes(scope)) {
    throw new Refusal(403, "token/scope", `the token lacks the scope ${scope}`, "ask who is answerable for access");
  }
  return claims.sub;
}

// Who calls, and what they may do: signed tokens (JWT) of the deployer's own issuer, by its public keys.
import { jwtVerify } from "jose";
import { Refusal } from "./refusal.js";
import { ALGORITHMS } from "./settings.js";

/** Verifies the request's token by the issuer's keys; answers who the caller is, and the token's scopes. */
export async function authorise(request, config, keys) {
  const [, token] = /^Bearer ([\w.-]+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token === undefined) throw new Refusal(401, "token/missing", "the request has no bearer token", "send a token of the issuer");
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      algorithms: ALGORITHMS,
      requiredClaims: ["sub", "exp"],
    });
    return { caller: payload.sub, scopes: String(payload.scope ?? "").split(" ") };
  } catch {
    throw new Refusal(401, "token/invalid", "the token is not valid", "get a new one from the issuer");
  }
}

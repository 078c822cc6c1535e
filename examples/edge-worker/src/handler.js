// The front door, the same on every host: who calls, what they ask for, and what goes wrong as a FHIR OperationOutcome.
// All data are with the owner of the index; no log has any of them.
import { bodyOf } from "./body.js";
import { Refusal, refusal } from "./refusal.js";
import { checkedKeys } from "./settings.js";
import { authorise } from "./token.js";

const ROUTES = [
  ["POST", /^\/notifications$/, "submit", "submit"],
  ["POST", /^\/Patient\/\$match$/, "match", "match"],
  ["GET", /^\/review$/, "review", "review"],
  ["POST", /^\/review\/([0-9a-f]{32})$/, "review", "decide"],
  ["GET", /^\/restricted$/, "restricted", "restricted"],
  ["GET", /^\/quarantine$/, "review", "quarantine"],
  ["GET", /^\/quarantine\/([0-9a-f]{64})$/, "review", "quarantined"],
  ["GET", /^\/read-again$/, "review", "readAgain"],
  ["GET", /^\/journal$/, "journal", "journal"],
  ["GET", /^\/children\/(\d{1,10})\/schedule$/, "schedule", "schedule"],
  ["GET", /^\/metrics$/, "metrics", "metrics"],
];

/** A function from Request to Response. `owner` is an `IndexOwner`, or what stands for one elsewhere. */
export function createHandler({ config, owner }) {
  return async function fetch(request) {
    let call;
    try {
      const keys = await checkedKeys(config);
      const url = new URL(request.url);
      const [scope, action, id] = routeOf(request.method, url.pathname);
      const { caller, scopes } = await authorise(request, config, keys);
      call = { caller, action, id };
      if (!scopes.includes(scope)) {
        throw new Refusal(403, "token/scope", `the token lacks the scope ${scope}`, "ask who is answerable for access");
      }
      const body = request.method === "POST" ? await bodyOf(request) : new Uint8Array(0);
      return respond(await owner.serve({ ...call, query: Object.fromEntries(url.searchParams), body }));
    } catch (error) {
      const answer = refusal(error);
      try {
        // What the owner did not get to see is audited too, once it is known who asked.
        const instead = call && (await owner.audit({ ...call, status: answer.status }));
        return respond(instead ?? answer);
      } catch {
        return respond(refusal());
      }
    }
  };
}

function routeOf(method, pathname) {
  let path;
  try {
    path = decodeURI(pathname);
  } catch {
    // An address that is none matches nothing.
    path = "";
  }
  const here = ROUTES.map((route) => [route, route[1].exec(path)]).filter(([, found]) => found);
  if (here.length === 0) throw new Refusal(404, "request/no-such-place", "there is nothing at this address", "see the README");
  const match = here.find(([[expected]]) => expected === method);
  if (match === undefined) throw new Refusal(405, "request/method", "this address is asked otherwise", "see the README");
  const [[, , scope, action], found] = match;
  return [scope, action, found[1]];
}

function respond({ status, type = "application/fhir+json", headers = {}, body }) {
  return new Response(body, { status, headers: { "content-type": type, "cache-control": "no-store", ...headers } });
}

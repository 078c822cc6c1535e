// The front door: who calls, what they ask for, and what goes wrong as a FHIR OperationOutcome. All data are with the
// Durable Object; no log has any of them.
import { Refusal, refusal } from "./refusal.js";
import { authorise } from "./token.js";

export { IndexObject } from "./index-object.js";

const ROUTES = [
  ["POST", /^\/notifications$/, "submit", "submit"],
  ["POST", /^\/Patient\/\$match$/, "match", "match"],
  ["GET", /^\/review$/, "review", "review"],
  ["POST", /^\/review\/([0-9a-f]{32})$/, "review", "decide"],
  ["GET", /^\/children\/(\d{1,10})\/schedule$/, "schedule", "schedule"],
  ["GET", /^\/metrics$/, "metrics", "metrics"],
];
/** The most that a request may hold: 3 MB, as the events service publishes. */
const LARGEST = 3_000_000;

export default {
  async fetch(request, env) {
    try {
      const url = new URL(request.url);
      const here = ROUTES.map((route) => [route, route[1].exec(decodeURI(url.pathname))]).filter(([, found]) => found);
      if (here.length === 0) throw new Refusal(404, "request/no-such-place", "there is nothing at this address", "see the README");
      const match = here.find(([[method]]) => method === request.method);
      if (match === undefined) throw new Refusal(405, "request/method", "this address is asked otherwise", "see the README");
      const [[, , scope, action], found] = match;
      const caller = await authorise(request, env, scope);
      const body = new Uint8Array(await request.arrayBuffer());
      if (body.length > LARGEST) throw new Refusal(413, "request/too-large", "the request is larger than 3 MB", "send one message");
      const index = env.INDEX.get(env.INDEX.idFromName("index"));
      const answer = await index.serve({ caller, action, id: found[1], query: Object.fromEntries(url.searchParams), body });
      return respond(answer);
    } catch (error) {
      return respond(refusal(error));
    }
  },
};

function respond({ status, type = "application/fhir+json", headers = {}, body }) {
  return new Response(body, { status, headers: { "content-type": type, "cache-control": "no-store", ...headers } });
}

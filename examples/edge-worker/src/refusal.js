import { ChildlinkError, operationOutcome } from "childlink/edge";

/** Why a request is not served. */
export class Refusal extends Error {
  constructor(status, code, message, hint, headers = {}) {
    super(message);
    Object.assign(this, { status, code, hint, headers });
  }
}

/** Whether the Wasm instance is gone, and what was held in it. (A DOMException has a number for its code.) */
export const isLost = ({ code } = {}) => typeof code === "string" && (code.startsWith("wasm/") || code.endsWith("/gone"));

/** What went wrong, for the caller. What is not ours to tell is only said to have failed. */
export function refusal(error) {
  const refused = error instanceof Refusal;
  const known = refused || (error instanceof ChildlinkError && !isLost(error) && error.code !== "journal/not-written");
  const told = known ? error : { code: "server/failed", message: "the request could not be served", hint: "try again later" };
  const status = refused ? error.status : known ? 400 : 500;
  return { status, headers: error?.headers, body: JSON.stringify(operationOutcome(told)) };
}

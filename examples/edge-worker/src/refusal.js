import { ChildlinkError, operationOutcome } from "childlink/edge";

/** Why a request is not served. */
export class Refusal extends Error {
  constructor(status, code, message, hint, headers = {}) {
    super(message);
    Object.assign(this, { status, code, hint, headers });
  }
}

/** What went wrong, for the caller. What is not ours to tell is only said to have failed. */
export function refusal(error) {
  const known = error instanceof Refusal || error instanceof ChildlinkError;
  const told = known ? error : { code: "server/failed", message: "the request could not be served", hint: "try again later" };
  const status = error instanceof Refusal ? error.status : error instanceof ChildlinkError && !error.code.startsWith("wasm/") ? 400 : 500;
  return { status, headers: error.headers, body: JSON.stringify(operationOutcome(told)) };
}

import { Refusal } from "./refusal.js";

/** The most that a request may hold: 3 MB, as the events service publishes. */
const LARGEST = 3_000_000;

/** The bytes of a request, of which no more are held than may come. */
export async function bodyOf(request) {
  const tooLarge = () => new Refusal(413, "request/too-large", "the request is larger than 3 MB", "send fewer messages at a time");
  if (Number(request.headers.get("content-length") ?? 0) > LARGEST) throw tooLarge();
  const parts = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    size += value.length;
    if (size > LARGEST) {
      await reader.cancel();
      throw tooLarge();
    }
    parts.push(value);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}

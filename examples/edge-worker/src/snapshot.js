// Snapshots at rest are encrypted by the deployer's key (AES-256-GCM). Each piece stands by itself, so that a snapshot
// streams through little memory; its number and whether it is the last are authenticated, so that pieces can neither be
// exchanged nor left out.
const PIECE = 1 << 20;
const TAG = 16;
const PREFIX = 8;

export const importKey = (base64) =>
  crypto.subtle.importKey("raw", Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]);

/** The parameters of piece `number`: a random prefix of the snapshot and the number make the nonce. */
function parameters(prefix, number, last) {
  const iv = new Uint8Array(12);
  iv.set(prefix);
  new DataView(iv.buffer).setUint32(PREFIX, number);
  return { name: "AES-GCM", iv, additionalData: Uint8Array.of(last ? 1 : 0) };
}

/** Encrypts a whole snapshot, which is made where memory is plenty. */
export async function encryptSnapshot(snapshot, key) {
  const prefix = crypto.getRandomValues(new Uint8Array(PREFIX));
  const parts = [prefix];
  for (let at = 0, number = 0; at === 0 || at < snapshot.length; at += PIECE, number += 1) {
    const piece = snapshot.subarray(at, at + PIECE);
    const last = at + PIECE >= snapshot.length;
    parts.push(new Uint8Array(await crypto.subtle.encrypt(parameters(prefix, number, last), key, piece)));
  }
  return new Blob(parts);
}

/** Decrypts a stream piece by piece. Throws where a piece was changed, left out or cut off. */
export async function* decryptSnapshot(stream, key) {
  const prefix = new Uint8Array(PREFIX);
  const held = new Uint8Array(PIECE + TAG);
  let number = 0;
  let prefixed = 0;
  let size = 0;
  const decrypt = async (last) => new Uint8Array(await crypto.subtle.decrypt(parameters(prefix, number++, last), key, held.subarray(0, size)));
  for await (let part of stream) {
    const first = part.subarray(0, PREFIX - prefixed);
    prefix.set(first, prefixed);
    prefixed += first.length;
    part = part.subarray(first.length);
    while (part.length > 0) {
      // Only the end of the stream tells the last piece.
      if (size === held.length) {
        yield decrypt(false);
        size = 0;
      }
      const next = part.subarray(0, held.length - size);
      held.set(next, size);
      size += next.length;
      part = part.subarray(next.length);
    }
  }
  if (prefixed < PREFIX) throw new Error("the snapshot ends before its first piece");
  yield decrypt(true);
}

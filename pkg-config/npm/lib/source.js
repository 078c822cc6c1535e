/** A module from a URL, Request, Response, bytes or WebAssembly.Module, or a promise of one. */
export async function compiled(source) {
  let given = await source;
  const isAddress = [URL, globalThis.Request].some((Class) => typeof Class === "function" && given instanceof Class);
  if (typeof given === "string" || isAddress) given = await fetch(given);
  if (given instanceof WebAssembly.Module) return given;
  if (typeof Response !== "function" || !(given instanceof Response)) return WebAssembly.compile(plain(given));
  if (!given.ok) throw new Error(`fetching ${given.url} was answered by ${given.status} ${given.statusText}`);
  // Compiled as it comes in, if the server names its media type: otherwise no browser would.
  const isNamed = given.headers.get("content-type")?.startsWith("application/wasm");
  if (isNamed && WebAssembly.compileStreaming) return WebAssembly.compileStreaming(given);
  return WebAssembly.compile(await given.arrayBuffer());
}

/** A module from bytes, at once, or the one given. */
export const compiledNow = (source) => (source instanceof WebAssembly.Module ? source : new WebAssembly.Module(plain(source)));

/** Not every engine compiles from a DataView. */
const plain = (source) => (source instanceof DataView ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : source);

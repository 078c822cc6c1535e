import type { WasmSource } from "./edge.js";

export * from "./edge.js";

/**
 * Starts childlink; call it once before any other function. Later calls do nothing.
 * @param source Where the module comes from; `fetch(url, { integrity })` makes the browser check its hash.
 * @throws {ChildlinkError} `wasm/cannot-start`
 */
export function init(source: WasmSource): Promise<void>;
/**
 * Starts childlink at once, from bytes or a compiled module.
 * @throws {ChildlinkError} `wasm/cannot-start`
 */
export function initSync(source: BufferSource | WebAssembly.Module): void;

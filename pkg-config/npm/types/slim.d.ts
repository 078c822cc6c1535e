import type { WasmBytes, WasmSource } from "./index.js";

export * from "./index.js";

/**
 * Starts childlink; call it once before any other function. Later calls do nothing, and all who ask meanwhile wait for the
 * first.
 * @param source Where the module comes from; `fetch(url, { integrity })` makes the browser check its hash.
 * @example
 * await init(readFileSync(new URL(import.meta.resolve("childlink/childlink.wasm"))));
 * console.log(isNhsNumber("943 476 5919")); // true
 * @throws {ChildlinkError} `wasm/cannot-start`
 */
export function init(source: WasmSource): Promise<void>;
/**
 * Starts childlink at once, from bytes or a compiled module; an `init` still on its way does nothing then.
 * @example
 * initSync(new WebAssembly.Module(readFileSync("node_modules/childlink/full/childlink.wasm")));
 * console.log(isNhsNumber("943 476 5919")); // true
 * @throws {ChildlinkError} `wasm/cannot-start`
 */
export function initSync(source: WasmBytes): void;

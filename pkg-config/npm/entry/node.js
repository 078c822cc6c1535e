// Node, Deno and Bun: the module lies beside this file and is started at once, without top-level await, so that
// `require` works too.
import { readFileSync } from "node:fs";
import { initSync } from "./slim.js";

initSync(readFileSync(new URL("./childlink.wasm", import.meta.url)));

export * from "./slim.js";

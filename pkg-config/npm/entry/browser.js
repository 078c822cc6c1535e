// Browsers and their bundlers: `await init()` fetches the module once. The URL stays a single literal, which is
// what bundlers look for when they copy assets.
import { init as start } from "./slim.js";

export * from "./slim.js";
export const init = (source = new URL("./childlink.wasm", import.meta.url)) => start(source);

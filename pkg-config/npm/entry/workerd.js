// Workers on workerd and its kin: code may not be compiled at run time, so the module comes as an import.
import module from "./childlink.wasm";
import { initSync } from "./slim.js";

initSync(module);

export * from "./slim.js";

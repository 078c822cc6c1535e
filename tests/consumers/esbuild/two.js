// Two entries have files of one name: the build copied them under two, and each entry is told where its own is.
import * as full from "childlink";
import * as validate from "childlink/validate";
import { smoke } from "../smoke.js";

Promise.all([
  validate.init(new URL("./childlink-validate.wasm", import.meta.url)),
  full.init(new URL("./childlink-full.wasm", import.meta.url)),
])
  .then(() => smoke(validate, full))
  .catch(String)
  .then((text) => (document.getElementById("page").textContent = text));

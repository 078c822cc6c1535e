// esbuild does not copy what `new URL` names: the build copies both files and the page says where they are.
import * as full from "childlink";
import * as validate from "childlink/validate";
import { smoke } from "../smoke.js";

Promise.all([validate.init(new URL("./validate.wasm", import.meta.url)), full.init(new URL("./full.wasm", import.meta.url))])
  .then(() => smoke(validate, full))
  .catch(String)
  .then((text) => (document.getElementById("page").textContent = text));

// esbuild does not copy what `new URL` names. One entry finds childlink.wasm beside the bundle, where the build copied it.
import { init, isNhsNumber } from "childlink/validate";

init()
  .then(() => isNhsNumber("943 476 5919"))
  .catch(String)
  .then((text) => (document.getElementById("page").textContent = text));

// Two entries that both ask for childlink.wasm beside the bundle, where only one file can lie.
import * as full from "childlink";
import * as validate from "childlink/validate";

const outcome = (start) => start.then(() => "started", ({ code }) => code);
Promise.all([outcome(validate.init()), outcome(full.init())]).then(
  (outcomes) => (document.getElementById("page").textContent = outcomes.join(", ")),
);

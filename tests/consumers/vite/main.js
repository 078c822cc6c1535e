import * as full from "childlink";
import * as validate from "childlink/validate";
import { smoke } from "../smoke.js";

const show = (place, work) => work.catch(String).then((text) => (document.getElementById(place).textContent = text));
show("page", smoke(validate, full));
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
show("worker", new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data))));

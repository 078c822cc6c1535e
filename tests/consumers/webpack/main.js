import * as full from "childlink";
import * as validate from "childlink/validate";
import { smoke } from "../smoke.js";

smoke(validate, full).catch(String).then((text) => (document.getElementById("page").textContent = text));

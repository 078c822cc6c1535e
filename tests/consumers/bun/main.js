import * as full from "childlink";
import * as validate from "childlink/validate";
import { smoke } from "../smoke.js";

console.log(await smoke(validate, full));

import * as full from "childlink";
import * as validate from "childlink/validate";
import * as again from "childlink-again";
import { proof } from "../proof.js";

console.log(await proof(validate, full, again));

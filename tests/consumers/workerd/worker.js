import * as full from "childlink";
import * as validate from "childlink/validate";
import * as again from "childlink-again";
import { proof } from "../proof.js";

export default {
  async fetch() {
    return new Response(await proof(validate, full, again));
  },
};

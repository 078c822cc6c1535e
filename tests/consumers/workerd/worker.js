import * as full from "childlink";
import * as validate from "childlink/validate";
import { smoke } from "../smoke.js";

export default {
  async fetch() {
    return new Response(await smoke(validate, full));
  },
};

import * as full from "childlink";
import * as edge from "childlink/edge";
import * as validate from "childlink/validate";
import * as again from "childlink-again";
import * as edgeAgain from "childlink-again/edge";
import { proof } from "../proof.js";

export default {
  async fetch() {
    return new Response(await proof({ validate, full, edge, again, edgeAgain }));
  },
};

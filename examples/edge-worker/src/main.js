import process from "node:process";
import { hostHere, start } from "./server.js";

console.log(`listening on ${await start(await hostHere(), process.env)}`);

// The server of Node, Deno and Bun over a storage that fails when the test says so.
import process from "node:process";
import { hostHere, start } from "../src/server.js";
import { breaking } from "./broken.js";

const host = await hostHere();
const openStorage = (file) => breaking(host.openStorage(file), process.env.BREAK, () => process.kill(process.pid, "SIGKILL"));
console.log(`listening on ${await start({ ...host, openStorage }, process.env)}`);

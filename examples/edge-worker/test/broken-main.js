// The server of Node, Deno and Bun over a storage that fails when the test says so.
import fs from "node:fs";
import process from "node:process";
import { hostHere, start } from "../src/server.js";
import { breaking } from "./broken.js";

const kill = () => process.kill(process.pid, "SIGKILL");
const [how, at] = process.env.BREAK.split(":");
if (how === "page") {
  // Within a commit: the SQLite for Node writes its pages by this function.
  const { writeSync } = fs;
  let writes = 0;
  fs.writeSync = (...args) => (++writes === Number(at) ? kill() : writeSync(...args));
}
const host = await hostHere();
const openStorage = (file) => breaking(host.openStorage(file), how === "page" ? undefined : process.env.BREAK, kill);
console.log(`listening on ${await start({ ...host, openStorage }, process.env)}`);

// Node, Deno and Bun: one process as the front door and the owner, over a folder with the snapshot and an SQLite file.
import { createReadStream, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createHandler } from "./handler.js";
import { IndexOwner } from "./owner.js";

/** The adapter of the runtime that this is: `openStorage(file)` and `serve(fetch, { hostname, port })`. */
export async function hostHere() {
  if (globalThis.Deno !== undefined) return import("./hosts/deno.js");
  if (globalThis.Bun !== undefined) return import("./hosts/bun.js");
  return import("./hosts/node.js");
}

/** Starts to serve; answers the address. */
export async function start(host, config) {
  // What lies in there is for nobody else to read.
  mkdirSync(config.DATA, { recursive: true, mode: 0o700 });
  const openFile = async (name) => {
    const file = join(config.DATA, name);
    return existsSync(file) ? createReadStream(file) : null;
  };
  const storage = host.openStorage(join(config.DATA, `${config.INDEX_NAME ?? "index"}.sqlite`));
  const owner = new IndexOwner({ storage, openFile, config, now: Date.now });
  const at = { hostname: config.HOST ?? "127.0.0.1", port: Number(config.PORT ?? 8787) };
  const port = await host.serve(createHandler({ config, owner }), at);
  return `http://${at.hostname}:${port}`;
}

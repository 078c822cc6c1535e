// The four hosts as the tests see them: started over a folder, asked over HTTP, killed.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** Node, Deno or Bun over the server's files. */
export function processHost(name, command, argumentsOf) {
  return {
    name,
    async start(world, folder, { config, breaks } = {}) {
      const data = join(folder, "data");
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, DENO_NO_UPDATE_CHECK: "1", ...world.config, DATA: data, PORT: "0", ...config, ...(breaks ? { BREAK: breaks } : {}) };
      const file = breaks ? "test/broken-main.js" : "src/main.js";
      const child = spawn(command, argumentsOf(file, data), { cwd: world.app, env, stdio: ["ignore", "pipe", "pipe"] });
      const output = [];
      const ended = new Promise((resolve) => child.once("exit", resolve));
      const address = await new Promise((resolve, reject) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.on("data", (bytes) => {
            output.push(bytes);
            const [, found] = /listening on (\S+)/.exec(Buffer.concat(output).toString()) ?? [];
            if (found) resolve(found);
          });
        }
        child.once("error", reject);
        child.once("exit", (code, signal) => reject(new Error(`${name} ended with ${signal ?? code}: ${Buffer.concat(output)}`)));
      });
      const kill = async () => {
        child.kill("SIGKILL");
        await ended;
      };
      return { fetch: (path, options) => fetch(address + path, options), kill, log: () => Buffer.concat(output).toString() };
    },
    putFile(world, folder, name, bytes) {
      mkdirSync(join(folder, "data"), { recursive: true });
      world.write(join(folder, "data", name), bytes);
    },
    database: (folder) => join(folder, "data", "index.sqlite"),
  };
}

/** workerd by Miniflare over the bundle of wrangler. */
export function workerd(Miniflare) {
  const options = (world, folder, breaks) => ({
    host: "127.0.0.1", port: 0, cf: false, telemetry: { enabled: false }, compatibilityDate: "2026-04-01",
    modulesRoot: world.bundle(breaks !== undefined), modules: world.modules(breaks !== undefined),
    durableObjects: { INDEX: { className: "IndexObject", useSQLite: true } },
    r2Buckets: ["SNAPSHOTS"],
    durableObjectsPersist: join(folder, "objects"), r2Persist: join(folder, "buckets"),
  });
  return {
    name: "workerd",
    async start(world, folder, { config, breaks } = {}) {
      const output = [];
      const before = new Set(childrenOf(process.pid));
      const worker = new Miniflare({
        ...options(world, folder, breaks),
        bindings: { ...world.config, ...config, ...(breaks ? { BREAK: breaks } : {}) },
        handleRuntimeStdio: (...streams) => streams.forEach((stream) => stream.on("data", (bytes) => output.push(bytes))),
      });
      await worker.ready;
      const processes = childrenOf(process.pid).filter((id) => !before.has(id));
      const kill = async () => {
        processes.forEach((id) => process.kill(id, "SIGKILL"));
        await worker.dispose();
      };
      return { fetch: (path, init) => worker.dispatchFetch(`http://localhost${path}`, init), kill, log: () => Buffer.concat(output).toString() };
    },
    async putFile(world, folder, name, bytes) {
      const worker = new Miniflare(options(world, folder));
      try {
        await (await worker.getR2Bucket("SNAPSHOTS")).put(name, bytes);
      } finally {
        await worker.dispose();
      }
    },
    database(folder) {
      const found = readdirSync(join(folder, "objects"), { recursive: true }).find((name) => name.endsWith(".sqlite") && !name.endsWith("metadata.sqlite"));
      return join(folder, "objects", found);
    },
  };
}

/** The processes that a process started, of Linux. */
function childrenOf(parent) {
  const isOurs = (id) => {
    try {
      return Number(readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1].split(" ")[1]) === parent;
    } catch {
      // It has ended.
      return false;
    }
  };
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter(isOurs);
}

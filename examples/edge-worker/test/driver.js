// One host under test: its folders, starts and kills, and the requests that the tests send.
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { patient } from "./messages.js";

const ALL = "submit match review restricted schedule journal metrics";

export class Driver {
  #server;

  constructor(host, world) {
    Object.assign(this, { host, world, top: join(world.folder, host.name) });
    this.folder = join(this.top, "first");
  }

  async start(options) {
    this.#server = await this.host.start(this.world, this.folder, options);
  }

  async stop() {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await server.kill();
    appendFileSync(join(this.folder, "log"), server.log());
  }

  async restart(options) {
    await this.stop();
    await this.start(options);
  }

  /** Puts a snapshot into the folder that all others begin with, and starts. */
  async startWith(snapshot) {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
    if (snapshot !== undefined) await this.host.putFile(this.world, this.folder, "index.clix.enc", snapshot);
    await this.start();
  }

  /** A folder of its own, with the snapshot and nothing else. */
  async anew(name, options) {
    await this.stop();
    this.folder = join(this.top, name);
    rmSync(this.folder, { recursive: true, force: true });
    cpSync(join(this.top, "first"), this.folder, { recursive: true });
    await this.start(options);
  }

  /** Puts a file beside the snapshot of a host, which is stopped for it. */
  async put(name, bytes) {
    await this.stop();
    await this.host.putFile(this.world, this.folder, name, bytes);
  }

  /** The rows of the database of a host that has stopped. */
  rows(sqlite, sql) {
    const scratch = join(this.top, "copied");
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch);
    const [from, copy] = [this.host.database(this.folder), join(scratch, "copy.sqlite")];
    for (const end of ["", "-wal"]) if (existsSync(from + end)) cpSync(from + end, copy + end);
    const opened = new sqlite.Database(copy);
    opened.all("PRAGMA locking_mode = EXCLUSIVE");
    const rows = opened.all(sql);
    opened.close();
    return rows;
  }

  /** All that any of its servers wrote. */
  logs() {
    const files = readdirSync(this.top).map((name) => join(this.top, name, "log")).filter(existsSync);
    return files.map((file) => readFileSync(file, "utf8"));
  }

  fetch(path, options) {
    return this.#server.fetch(path, options);
  }

  async ask(method, path, { scope = ALL, body, bearer, ...token } = {}) {
    const headers = { authorization: `Bearer ${bearer ?? (await this.world.token(scope, token))}` };
    const response = await this.fetch(path, { method, headers, body });
    const text = await response.text();
    return { status: response.status, text, body: JSON.parse(text) };
  }

  submit(body, options) {
    return this.ask("POST", "/notifications", { body, ...options });
  }

  match(child, options) {
    return this.ask("POST", "/Patient/$match", { body: patient(child), ...options });
  }

  async items() {
    return (await this.ask("GET", "/review")).body.items;
  }

  decide(id, decision, options) {
    return this.ask("POST", `/review/${id}`, { body: JSON.stringify(decision), ...options });
  }

  /** What `/metrics` counts, but for the audit, which grows with every question. */
  async counts() {
    const { status, body, text } = await this.ask("GET", "/metrics");
    if (status !== 200) throw new Error(text);
    const { audit: _, ...rest } = body;
    return rest;
  }
}

export const code = ({ body }) => body.issue?.[0].details.coding[0].code;
export const receipts = ({ body }) => body.receipts?.map(({ receipt }) => receipt);

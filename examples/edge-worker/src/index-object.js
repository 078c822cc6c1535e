// The one owner of the index. The snapshot comes from R2; messages, journal, decisions and audit stand in SQLite, whose
// writes are durable before an answer leaves. Started anew, it comes to where it was.
import { DurableObject } from "cloudflare:workers";
import { ChildIndex, Notifications, parseNotification, schedule } from "childlink/edge";
import { Refusal, refusal } from "./refusal.js";
import { decryptSnapshot, importKey } from "./snapshot.js";

const TABLES = `
  CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL, body BLOB NOT NULL, received TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS quarantine (id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL, received TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS journal (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, entries BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS decision (item TEXT NOT NULL, reader TEXT NOT NULL, decision TEXT NOT NULL, decided TEXT NOT NULL, PRIMARY KEY (item, reader));
  CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY, at TEXT NOT NULL, caller TEXT NOT NULL, action TEXT NOT NULL, about TEXT NOT NULL, status INTEGER NOT NULL);
`;
const json = (status, value, type = "application/json") => ({ status, type, body: JSON.stringify(value) });
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
/** Whether the Wasm instance is gone, and what was held in it. (A DOMException has a number for its code.) */
const isLost = ({ code }) => typeof code === "string" && (code.startsWith("wasm/") || code.endsWith("/gone"));
const digestOf = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

export class IndexObject extends DurableObject {
  #sql;
  #ready;
  #calls = new Map();

  constructor(state, env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(TABLES);
  }

  /** Serves a request that the front door let in; every one is audited, refused ones too. */
  async serve({ caller, action, id, query, body }) {
    let answer;
    const about = id ?? (body.length > 0 ? await digestOf(body) : "");
    try {
      this.#limit(caller);
      // A load that failed is tried again by the next request.
      this.#ready ??= this.#load().catch((error) => {
        this.#ready = undefined;
        throw error;
      });
      const held = await this.#ready;
      answer = await this[`_${action}`](held, { caller, id, query, body, digest: about });
    } catch (error) {
      answer = refusal(error);
      if (isLost(error)) this.#ready = undefined;
    }
    this.#sql.exec("INSERT INTO audit (at, caller, action, about, status) VALUES (?, ?, ?, ?, ?)", new Date().toISOString(), caller, action, about, answer.status);
    return answer;
  }

  async _submit(held, { body, digest }) {
    if (body.length === 0) throw new Refusal(400, "request/empty", "the request holds no message", "send one");
    const received = new Date().toISOString();
    let receipts;
    try {
      receipts = held.notifications.receive(body);
    } catch (error) {
      if (isLost(error)) throw error;
      this.#sql.exec("INSERT OR IGNORE INTO quarantine (digest, reason, body, received) VALUES (?, ?, ?, ?)", digest, error.code, body, received);
      throw error;
    }
    this.#sql.exec("INSERT OR IGNORE INTO message (digest, body, received) VALUES (?, ?, ?)", digest, body, received);
    this.#settle(held);
    return json(receipts.some(({ receipt }) => receipt === "unreadable") ? 207 : 200, { receipts });
  }

  async _match(held, { body }) {
    return json(200, held.index.matchFhir(body), "application/fhir+json");
  }

  async _review(held) {
    const items = await this.#queue(held);
    return json(200, { items });
  }

  async _decide(held, { caller, id, body }) {
    const items = await this.#queue(held);
    if (!items.some((item) => item.id === id)) throw new Refusal(404, "review/no-such-item", "nothing of this id waits for review", "ask for the list again");
    let decision;
    try {
      ({ decision } = JSON.parse(new TextDecoder().decode(body)));
    } catch {
      // Told below.
    }
    if (!["same", "different", "unsure"].includes(decision)) {
      throw new Refusal(400, "review/decision", "the decision is none of same, different, unsure", 'send for example {"decision": "same"}');
    }
    this.#sql.exec("INSERT OR REPLACE INTO decision (item, reader, decision, decided) VALUES (?, ?, ?, ?)", id, caller, decision, new Date().toISOString());
    return json(200, { id, decision });
  }

  async _schedule(held, { id, query }) {
    const child = Number(id);
    const keys = held.settled.recognised.filter((person) => person.child === child).flatMap((person) => person.messages.map((key) => key.digest));
    if (keys.length === 0) throw new Refusal(404, "schedule/no-such-child", "no message speaks of this child", "only children of messages have a schedule here");
    const birth_date = this.#birthDate(new Set(keys));
    if (birth_date === undefined) throw new Refusal(409, "schedule/no-birth-date", "no message tells the child's date of birth", "submit its birth notification");
    const facts = held.settled.facts.filter((fact) => fact.child === child).map((fact) => fact.content);
    const doses = facts
      .filter((fact) => fact.kind === "vaccination" && fact.given && fact.date !== null && fact.product !== null)
      .map(({ date, product }) => ({ date, product: { snomed: product } }));
    const death = facts.find((fact) => fact.kind === "death");
    const asAt = query.asAt ?? new Date().toISOString().slice(0, 10);
    return json(200, schedule({ id, birth_date, doses, ...(death?.date ? { death_date: death.date } : {}) }, { asAt }));
  }

  async _metrics(held) {
    const count = (table) => this.#sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n;
    const counts = Object.fromEntries(["message", "quarantine", "journal", "decision", "audit"].map((table) => [table, count(table)]));
    return json(200, { index: held.index.stats(), facts: held.settled.facts.length, queue: held.settled.queue.length, ...counts });
  }

  /** Loads the snapshot, and brings it to where the messages and the journal stand. */
  async #load() {
    const object = await this.env.SNAPSHOTS.get("index.clix.enc");
    if (object === null) throw new Refusal(503, "snapshot/missing", "there is no snapshot yet", "put one into the bucket");
    const key = await importKey(this.env.SNAPSHOT_KEY);
    const index = await ChildIndex.load(decryptSnapshot(object.body, key));
    const held = { index, notifications: new Notifications(index), settled: undefined };
    for (const { body } of this.#sql.exec("SELECT body FROM message ORDER BY id")) held.notifications.receive(new Uint8Array(body));
    for (const { entries } of this.#sql.exec("SELECT entries FROM journal ORDER BY first")) held.notifications.restore(new Uint8Array(entries));
    // What a crash left between a message and its conclusions is concluded now.
    this.#settle(held);
    return held;
  }

  /** Draws all conclusions; the journal is in SQLite before the index changes. */
  #settle(held) {
    const write = ({ entries, first, count }) =>
      this.#sql.exec("INSERT INTO journal (first, count, entries) VALUES (?, ?, ?)", first, count, entries);
    held.settled = held.notifications.settle(write);
  }

  /** What waits for this common review: nothing of the restricted queue, and nothing decided. */
  async #queue(held) {
    const decided = new Set(this.#sql.exec("SELECT item FROM decision WHERE decision <> 'unsure'").toArray().map(({ item }) => item));
    const items = [];
    for (const { code, message, hint, messages, candidates, restricted } of held.settled.queue) {
      if (restricted.length > 0 || code === "notification/restricted") continue;
      const id = (await digestOf(new TextEncoder().encode([code, ...messages.map((key) => key.digest)].join("|")))).slice(0, 32);
      if (!decided.has(id)) items.push({ id, code, message, hint, messages, candidates });
    }
    return items;
  }

  /** The date of birth that the last message to tell one tells. Rows of batch files are not looked through. */
  #birthDate(digests) {
    let found;
    for (const { body } of this.#sql.exec("SELECT body FROM message ORDER BY id")) {
      try {
        const { key, subject } = parseNotification(new Uint8Array(body));
        if (digests.has(key.digest) && subject.birth_date) found = subject.birth_date;
      } catch {
        // A batch file.
      }
    }
    return found;
  }

  /** So many requests a minute of each caller. */
  #limit(caller) {
    const minute = Math.floor(Date.now() / 60_000);
    const known = this.#calls.get(caller);
    const calls = known?.minute === minute ? known.calls + 1 : 1;
    this.#calls.set(caller, { minute, calls });
    if (calls > Number(this.env.REQUESTS_PER_MINUTE)) {
      throw new Refusal(429, "request/too-many", "too many requests in this minute", "wait a minute", { "retry-after": "60" });
    }
  }
}

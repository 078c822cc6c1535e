// The one owner of the index. The snapshot comes from the host's files, everything since is in SQLite: a request is one
// transaction, so that it and its audit are kept whole or not at all. Started anew, it comes to where it was.
import { ChildIndex, ChildlinkError, Notifications, schedule } from "childlink/edge";
import { redactMatches, redactQueued } from "./redact.js";
import { Refusal, isLost, refusal } from "./refusal.js";
import { decryptSnapshot, importKey } from "./snapshot.js";
import { Store, hex } from "./store.js";

const digestOf = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
const json = (value, { status = 200, type = "application/json", about = "" } = {}) => ({ status, type, body: JSON.stringify(value), about });

/** The head of a snapshot has the checksums of all its parts, and tells it from others. */
const HEAD = 64;

async function* noting(pieces, note) {
  let isFirst = true;
  for await (const piece of pieces) {
    if (isFirst) note(piece);
    isFirst = false;
    yield piece;
  }
}

export class IndexOwner {
  #store;
  #config;
  #openFile;
  #now;
  #ready;
  #minute;
  #calls = new Map();

  /** `openFile(name)` answers a stream, or null where there is none; `now` is the host's clock in milliseconds. */
  constructor({ storage, openFile, config, now }) {
    this.#store = new Store(storage);
    this.#config = config;
    this.#openFile = openFile;
    this.#now = now;
  }

  /** Serves a request that the front door let in; every one is audited, refused ones too. */
  async serve({ caller, action, id, query, body }) {
    const digest = body.length > 0 ? await digestOf(body) : "";
    let held;
    try {
      this.#limit(caller);
      do {
        // A load that failed is tried again by the next request.
        this.#ready ??= this.#load().catch((error) => {
          this.#ready = undefined;
          throw error;
        });
        held = await this.#ready;
      } while (held.isGone);
      const answer = this.#store.transaction(() => {
        const answer = this[`_${action}`](held, { caller, id, query, body, digest, at: this.#time() });
        this.#audit({ caller, action, id, ...answer });
        return answer;
      });
      held.isAhead = false;
      return answer;
    } catch (error) {
      return this.#failed(error, held, { caller, action, id, body, digest });
    }
  }

  /** Audits what was refused before it came here; answers what to say instead, if there is something. */
  audit(entry) {
    try {
      this.#limit(entry.caller);
      this.#audit(entry);
    } catch (error) {
      return refusal(error);
    }
  }

  #audit({ caller, action, id, about = "", status }) {
    this.#store.audit({ at: this.#time(), caller, action, about: about || (id ?? ""), status });
  }

  /** Nothing of the request was written. Where memory is ahead of what is kept, all is loaded anew. */
  #failed(error, held, { caller, action, id, body, digest }) {
    const told = refusal(error);
    if (held !== undefined && (held.isAhead || isLost(error))) {
      held.isGone = true;
      this.#ready = undefined;
      held.notifications.free();
      held.index.free();
    }
    if (error.isSilent) return told;
    // A message that childlink itself fails on is kept for a person; what the host fails on is to be sent again.
    const isOurs = action === "submit" && held !== undefined && error instanceof ChildlinkError && error.code !== "journal/not-written";
    try {
      this.#store.transaction(() => {
        if (isOurs) this.#store.quarantine(digest, body, [{ row: 1, code: error.code }], this.#time());
        this.#audit({ caller, action, id, about: action === "submit" ? digest : "", status: told.status });
      });
    } catch (cause) {
      // Nothing of the error leaves by a log of the host either.
      return refusal(cause);
    }
    return told;
  }

  _submit(held, { body, digest, query, at }) {
    if (body.length === 0) throw new Refusal(400, "request/empty", "the request holds no message", "send one");
    const receipts = held.notifications.receive(body, query.name);
    held.isAhead = true;
    const unreadable = receipts.filter(({ receipt }) => receipt === "unreadable");
    this.#store.quarantine(digest, body, unreadable.map(({ row, error }) => ({ row, code: error.code })), at);
    this.#store.keepMessage(digest, body, query.name ?? "", at);
    this.#settle(held);
    return json({ receipts }, { status: unreadable.length > 0 ? 207 : 200, about: digest });
  }

  _match(held, { body }) {
    const bundle = redactMatches(held.index.matchFhir(body));
    // Whose existence was told: the serials alone.
    const about = (bundle.entry ?? []).map(({ resource }) => resource.id).join(" ");
    return json(bundle, { type: "application/fhir+json", about });
  }

  _review(held, { query }) {
    const items = query.decided === "true" ? this.#decided() : held.queue.map((item) => this.#shown(item));
    return json({ items }, { about: items.map(({ id }) => id).join(" ") });
  }

  /** An item, and what others decided on it. */
  #shown({ whom, messages, ...item }) {
    const id = whom === null ? null : this.#store.idOf(whom);
    const named = messages.map(({ whom, ...key }) => ({ item: this.#store.idOf(whom), ...key }));
    return redactQueued({ id, ...item, messages: named, decisions: id === null ? [] : this.#store.decisions(id) });
  }

  /** Items on which somebody decided, for a second reader or to undo. */
  #decided() {
    const items = new Map();
    for (const { item, ...decision } of this.#store.decisions()) items.set(item, [...(items.get(item) ?? []), decision]);
    return [...items].map(([id, decisions]) => ({ id, decisions }));
  }

  _decide(held, { caller, id, body, at }) {
    const whom = this.#store.whomOf(id);
    if (whom === undefined) throw new Refusal(404, "review/no-such-item", "nothing of this id was up for review", "ask for the list again");
    let [decision, child] = [];
    try {
      ({ decision, child } = JSON.parse(new TextDecoder().decode(body)));
    } catch {
      // Told below.
    }
    if (!["same", "different", "unsure"].includes(decision) || (child !== undefined && !Number.isInteger(child))) {
      throw new Refusal(400, "review/decision", "the decision cannot be read", 'send for example {"decision": "same", "child": 12}, or "different", or "unsure"');
    }
    for (const one of this.#meant(held, whom, decision, child)) {
      const entries = held.index.decide(whom, decision, { child: one, reader: caller, decidedAt: at });
      held.isAhead = true;
      this.#store.keepJournal({ first: held.index.stats().applied + 1, count: 1, entries });
      held.index.replay(entries);
    }
    this.#store.keepDecision({ item: id, child: child ?? null, reader: caller, decision, decided: at });
    this.#settle(held);
    const waits = held.queue.some((item) => item.whom === whom);
    return json({ id, decision, child: child ?? null, waits });
  }

  /** Of which children something is said: who says "none" says so of those that were shown. */
  #meant(held, whom, decision, child) {
    const shown = held.queue.find((item) => item.whom === whom)?.candidates.map((candidate) => candidate.child) ?? [];
    return decision === "different" && child === undefined && shown.length > 0 ? new Set(shown) : [child];
  }

  _schedule(held, { id, query, at }) {
    const known = this.#store.child(Number(id));
    if (known === undefined) throw new Refusal(404, "schedule/no-such-child", "no message speaks of this child", "only children of messages have a schedule here");
    if (known.birth_date === null) throw new Refusal(409, "schedule/no-birth-date", "no message tells the child's date of birth", "submit its birth notification");
    // A dose without its day or its product is not left out: the schedule has a finding for it.
    const doses = known.doses
      .filter(({ given }) => given)
      .map(({ date, product, procedure }) => ({ date: date ?? "", product: { snomed: product ?? procedure ?? "" } }));
    const screens = known.outcomes
      .filter(({ kind, screen }) => kind === "screen" && screen !== null)
      .map(({ screen, outcome, date }) => ({ ...screen, outcome: outcome ?? "", date: date ?? "" }));
    const death = known.outcomes.find(({ kind }) => kind === "death");
    const child = { id, birth_date: known.birth_date, ...(known.sex === null ? {} : { sex: known.sex }), doses, screens };
    const asAt = query.asAt ?? at.slice(0, 10);
    // A dead child has nothing due, on whichever day it died.
    const died = death && (death.date ?? death.effective ?? known.birth_date);
    return json(schedule({ ...child, ...(died ? { death_date: died } : {}) }, { asAt }));
  }

  _metrics(held) {
    return json({ index: held.index.stats(), queue: held.queue.length, ...this.#store.counts() });
  }

  /** Loads the snapshot, and brings it to where the messages and the journal stand. */
  async #load() {
    const stream = await this.#openFile(`${this.#config.INDEX_NAME ?? "index"}.clix.enc`);
    if (stream === null) throw new Refusal(503, "snapshot/missing", "there is no snapshot yet", "put one into its place");
    let index, head;
    try {
      const pieces = decryptSnapshot(stream, await importKey(this.#config.SNAPSHOT_KEY));
      index = await ChildIndex.load(noting(pieces, (first) => (head = hex(first.subarray(0, HEAD)))));
    } catch {
      throw new Refusal(503, "snapshot/unreadable", "the snapshot is damaged, or encrypted by another key", "put the snapshot into its place again, and check the key");
    }
    if ((this.#store.setting("snapshot") ?? head) !== head) {
      index.free();
      throw new Refusal(503, "snapshot/other", "what is kept here began with another snapshot", "put that one back, or give the new one a name of its own");
    }
    await this.#bar(index);
    const held = { index, notifications: new Notifications(index), told: new Map(), queue: [], isAhead: false, isGone: false };
    this.#store.transaction(() => {
      this.#store.set("snapshot", head);
      for (const { name, body } of this.#store.messages()) held.notifications.receive(body, name);
      for (const entries of this.#store.journal()) held.notifications.restore(entries);
      for (const child of this.#store.children()) held.told.set(child, JSON.stringify(this.#store.child(child)));
      this.#settle(held);
    });
    return held;
  }

  /** Pairs that must never be joined: a list without its key, or the other way round, is a mistake to stop at. */
  async #bar(index) {
    const stream = await this.#openFile("barred.csv");
    const key = this.#config.BARRED_KEY;
    if (stream === null && !key) return;
    if (stream === null || !key) {
      throw new Refusal(503, "barred/incomplete", "of the list of barred pairs and its key one is missing", "put both into their places");
    }
    const parts = [];
    for await (const part of stream) parts.push(part);
    index.setBarred(new Uint8Array(await new Blob(parts).arrayBuffer()), key);
  }

  /** Draws all conclusions; they are written with the messages that they follow from. */
  #settle(held) {
    const { queue, facts, recognised } = held.notifications.settle((journal) => this.#store.keepJournal(journal));
    // What is for the restricted queue is not for those who ask here.
    held.queue = queue.filter(({ code, restricted }) => restricted.length === 0 && code !== "notification/restricted");
    const children = new Map();
    const of = (child) => children.get(child) ?? children.set(child, { birth_date: null, sex: null, doses: [], outcomes: [] }).get(child);
    for (const { child, birth_date, sex } of recognised) {
      if (child !== null) Object.assign(of(child), birth_date && { birth_date }, sex && { sex });
    }
    for (const { child, content } of facts) of(child)[content.kind === "vaccination" ? "doses" : "outcomes"].push(content);
    for (const [child, known] of children) {
      const told = JSON.stringify(known);
      if (held.told.get(child) === told) continue;
      this.#store.keepChild({ child, ...known });
      held.told.set(child, told);
    }
    for (const child of held.told.keys()) {
      if (children.has(child)) continue;
      this.#store.forgetChild(child);
      held.told.delete(child);
    }
  }

  #time() {
    return new Date(this.#now()).toISOString();
  }

  /** So many requests a minute of each caller. */
  #limit(caller) {
    const minute = Math.floor(this.#now() / 60_000);
    if (minute !== this.#minute) this.#calls.clear();
    this.#minute = minute;
    const calls = (this.#calls.get(caller) ?? 0) + 1;
    this.#calls.set(caller, calls);
    const over = calls - Number(this.#config.REQUESTS_PER_MINUTE);
    if (over <= 0) return;
    const refused = new Refusal(429, "request/too-many", "too many requests in this minute", "wait a minute", { "retry-after": "60" });
    // The first of a minute is audited; the audit is not for a caller to fill.
    throw Object.assign(refused, { isSilent: over > 1 });
  }
}

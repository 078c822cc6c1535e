// The one owner of the index. The snapshot comes from the host's files, everything since is in SQLite: a request is one
// transaction, so that it and its audit are kept whole or not at all. Started anew, it comes to where it was.
import { ChildIndex, ChildlinkError, Notifications } from "childlink/edge";
import { careOf, replacedPatient } from "./care.js";
import { Merges, entriesOf } from "./journal.js";
import { isNextOf } from "./lineage.js";
import { redactMatches, redactQueued, restrictedKeys } from "./redact.js";
import { Refusal, isLost, refusal } from "./refusal.js";
import { decryptSnapshot, importKey } from "./snapshot.js";
import { Store, hex } from "./store.js";

const digestOf = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
const json = (value, { status = 200, type = "application/json", about = "" } = {}) => ({ status, type, body: JSON.stringify(value), about });

/** Bytes as they are, for a program to keep. */
const bytes = (body, { headers = {}, about = "" } = {}) => ({
  status: 200, type: "application/octet-stream", headers: { "content-disposition": "attachment", "x-content-type-options": "nosniff", ...headers }, body, about,
});
/** The serials of some children, each once. */
const serials = (children) => [...new Set(children.filter((child) => child !== null && child !== undefined))].join(",");
/** What was told, for the audit: its id, and the children that it was told with. */
const aboutOf = (id, children) => [id, serials(children)].filter(Boolean).join(":");

/** The most bytes of the journal in one answer. */
const JOURNAL_PAGE = 4 << 20;

/** The head of a snapshot has the checksums of all its parts, and tells it from others. */
const HEAD = 64;

/** How many of the messages had not come before. */
const freshOf = (receipts) => receipts.filter(({ receipt }) => receipt === "fresh").length;

const full = () => new Refusal(503, "messages/full", "as many messages are held as fit; this one was not kept", "keep it, and tell whoever runs this: the README says what to do then");
const other = () => new Refusal(503, "snapshot/other", "what is kept here began with another index", "put the former snapshot back, or give this one a name of its own");

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
    const most = Number(this.#config.MESSAGES_AT_MOST);
    if (held.messages >= most && !this.#store.hasMessage(digest)) throw full();
    const receipts = held.notifications.receive(body, query.name);
    held.isAhead = true;
    held.messages += freshOf(receipts);
    if (held.messages > most) throw full();
    const unreadable = receipts.filter(({ receipt }) => receipt === "unreadable");
    this.#store.quarantine(digest, body, unreadable.map(({ row, error }) => ({ row, code: error.code })), at);
    this.#store.keepMessage(digest, body, query.name ?? "", at);
    const childOf = this.#settle(held);
    const children = receipts.map(({ key }) => childOf.get(key?.whom));
    return json({ receipts }, { status: unreadable.length > 0 ? 207 : 200, about: aboutOf(digest, children) });
  }

  _match(held, { body }) {
    const bundle = redactMatches(held.index.matchFhir(body));
    // Whose existence was told: the serials alone.
    const about = (bundle.entry ?? []).map(({ resource }) => resource.id).join(" ");
    return json(bundle, { type: "application/fhir+json", about });
  }

  _review(held, { query }) {
    const items = query.decided === "true" ? this.#decided() : held.queue.map((item) => this.#shown(item));
    const told = ({ id, candidates = [], decisions }) => aboutOf(id, [...candidates, ...decisions].map(({ child }) => child));
    return json({ items }, { about: items.map(told).join(" ") });
  }

  /** The restricted queue: which messages, and which children and records they may be about. No more is told of it. */
  _restricted({ restricted }) {
    const children = restricted.flatMap((item) => item.restricted.map(({ child }) => child));
    return json({ items: restricted.map(restrictedKeys) }, { about: aboutOf(`items ${restricted.length}`, children) });
  }

  /** What could not be read, by the digest of the bytes. */
  _quarantine() {
    const items = this.#store.quarantined();
    return json({ items }, { about: [...new Set(items.map(({ digest }) => digest))].join(" ") });
  }

  _quarantined(held, { id }) {
    const body = this.#store.quarantinedBytes(id);
    if (body === undefined) throw new Refusal(404, "quarantine/no-such-digest", "nothing of this digest is in quarantine", "ask for the list again");
    return bytes(body, { about: id });
  }

  /** NHS numbers of which the national record changed. They are not for the audit. */
  _readAgain({ readAgain }) {
    return json({ nhs_numbers: readAgain }, { about: `numbers ${readAgain.length}` });
  }

  /** The changes behind one, as `childlink project absorb` reads them; the headers tell how far these and all go. */
  _journal(held, { query }) {
    if (!/^\d{1,15}$/.test(query.after ?? "0")) throw new Refusal(400, "request/after", "after is not the number of a change", "give a whole number, or leave it out");
    const after = Number(query.after ?? 0);
    const { parts, last } = this.#page(after);
    const body = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    parts.reduce((at, part) => (body.set(part, at), at + part.length), 0);
    const headers = { "journal-last": String(last), "journal-end": String(held.index.stats().applied) };
    return bytes(body, { headers, about: `changes after ${after} to ${last}` });
  }

  /** As many changes behind one as an answer takes, at least one if there is any. */
  #page(after) {
    const parts = [];
    let [size, last] = [0, after];
    for (const piece of this.#store.journal(after)) {
      for (const entry of entriesOf(piece)) {
        if (entry.sequence <= after) continue;
        size += entry.bytes.length;
        if (size > JOURNAL_PAGE && parts.length > 0) return { parts, last };
        parts.push(entry.bytes);
        last = entry.sequence;
      }
    }
    return { parts, last };
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
    // What has come to be restricted is no longer for those who read the common queue.
    const isRestricted = held.restricted.some((item) => item.whom === whom || item.messages.some((message) => message.whom === whom));
    if (whom === undefined || isRestricted) throw new Refusal(404, "review/no-such-item", "nothing of this id was up for review", "ask for the list again");
    let [decision, child] = [];
    try {
      ({ decision, child } = JSON.parse(new TextDecoder().decode(body)));
    } catch {
      // Told below.
    }
    if (!["same", "different", "unsure"].includes(decision) || (child !== undefined && !Number.isInteger(child))) {
      throw new Refusal(400, "review/decision", "the decision cannot be read", 'send for example {"decision": "same", "child": 12}, or "different", or "unsure"');
    }
    const meant = [...this.#meant(held, whom, decision, child)];
    for (const one of meant) {
      const entries = held.index.decide(whom, decision, { child: one, reader: caller, decidedAt: at });
      held.isAhead = true;
      this.#store.keepJournal({ first: held.index.stats().applied + 1, count: 1, entries });
      held.index.replay(entries);
    }
    this.#store.keepDecision({ item: id, child: child ?? null, reader: caller, decision, decided: at });
    this.#settle(held);
    const waits = held.queue.some((item) => item.whom === whom);
    return json({ id, decision, child: child ?? null, waits }, { about: aboutOf(id, meant) });
  }

  /** Of which children something is said: who says "none" says so of those that were shown. */
  #meant(held, whom, decision, child) {
    const shown = held.queue.find((item) => item.whom === whom)?.candidates.map((candidate) => candidate.child) ?? [];
    return decision === "different" && child === undefined && shown.length > 0 ? new Set(shown) : [child];
  }

  _schedule(held, { id, query, at }) {
    const known = this.#store.child(Number(id));
    if (known === undefined) return this.#replaced(held, id, query);
    if (known.birth_date === null) throw new Refusal(409, "schedule/no-birth-date", "no message tells the child's date of birth", "submit its birth notification");
    return json(careOf(id, known, query.asAt ?? at.slice(0, 10)));
  }

  /** A child that turned out to be another leads to that one. */
  #replaced(held, id, { asAt }) {
    const by = held.merges.replacementOf(Number(id));
    if (by === undefined) throw new Refusal(404, "schedule/no-such-child", "no message speaks of this child", "only children of messages have a schedule here");
    const location = `/children/${by}/schedule${asAt === undefined ? "" : `?asAt=${encodeURIComponent(asAt)}`}`;
    return { ...json(replacedPatient(id, by), { status: 308, type: "application/fhir+json", about: `${id} ${by}` }), headers: { location } };
  }

  _metrics(held) {
    const messages = { held: held.messages, at_most: Number(this.#config.MESSAGES_AT_MOST) };
    const waiting = { queue: held.queue.length, restricted: held.restricted.length, read_again: held.readAgain.length };
    return json({ index: held.index.stats(), messages, ...waiting, ...this.#store.counts() });
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
    const held = { index, notifications: undefined, told: new Map(), merges: new Merges(), messages: 0, queue: [], restricted: [], readAgain: [], isAhead: false, isGone: false };
    try {
      await this.#bar(index);
      held.notifications = new Notifications(index);
      this.#store.transaction(() => this.#goOn(held, head));
      return held;
    } catch (error) {
      held.notifications?.free();
      index.free();
      throw error;
    }
  }

  /** Brings a snapshot to where what is kept stands: the one that this began with, or a later one of the same index. */
  #goOn(held, head) {
    const heads = this.#store.setting("snapshot")?.split(" ") ?? [];
    const isKnown = heads.length === 0 || heads.includes(head);
    const isNext = isKnown || isNextOf(this.#store, held.index);
    if (isNext === false) throw other();
    if (heads.length === 0) this.#store.set("applied", String(held.index.stats().applied));
    if (!heads.includes(head)) this.#store.set("snapshot", [...heads, head].join(" "));
    for (const { name, body } of this.#store.messages()) held.messages += freshOf(held.notifications.receive(body, name));
    for (const entries of this.#store.journal()) {
      held.notifications.restore(entries);
      held.merges.take(entries);
    }
    const before = this.#store.children();
    for (const child of before) held.told.set(child, JSON.stringify(this.#store.child(child)));
    this.#settle(held);
    // Where no record was entered here, the children must tell: the messages must lead to the same ones.
    if (isNext === undefined && !(before.length > 0 && before.every((child) => held.told.has(child)))) throw other();
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

  /** Draws all conclusions; they are written with the messages that they follow from. Answers the child of each message. */
  #settle(held) {
    const { queue, facts, recognised, to_read_again } = held.notifications.settle((journal) => {
      this.#store.keepJournal(journal);
      held.merges.take(journal.entries);
    });
    // What is for the restricted queue is not for those who ask for the common one.
    const isRestricted = ({ code, restricted }) => restricted.length > 0 || code === "notification/restricted";
    held.queue = queue.filter((item) => !isRestricted(item));
    held.restricted = queue.filter(isRestricted);
    held.readAgain = to_read_again;
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
    return new Map(recognised.flatMap(({ child, messages }) => messages.map(({ whom }) => [whom, child])));
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

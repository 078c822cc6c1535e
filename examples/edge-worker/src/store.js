// What is kept in SQLite: messages as they came, what could not be read, the journal of the index, decisions, what is
// known of each child, and who asked what. The host gives `rows(sql, ...values)` and `transaction(work)`.

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A row holds at most 2 MB on Cloudflare: longer bytes are cut. */
const PIECE = 1 << 20;

/** Triggers by which the database refuses to change or delete rows of a table, as that of a project does. */
function onlyAddedTo(table, words) {
  const refusal = (name, deed) => `CREATE TRIGGER IF NOT EXISTS ${table}_${name} BEFORE ${deed} ON ${table} BEGIN SELECT RAISE (ABORT, '${words}'); END`;
  return [refusal("stays", "UPDATE"), refusal("kept", "DELETE")];
}

const TABLES = [
  "CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
  "CREATE TABLE IF NOT EXISTS piece (of TEXT NOT NULL, place INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (of, place))",
  "CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL, name TEXT NOT NULL, received TEXT NOT NULL)",
  "CREATE TABLE IF NOT EXISTS quarantine (digest TEXT NOT NULL, row INTEGER NOT NULL, reason TEXT NOT NULL, received TEXT NOT NULL, PRIMARY KEY (digest, row))",
  "CREATE TABLE IF NOT EXISTS journal (first INTEGER PRIMARY KEY, count INTEGER NOT NULL)",
  "CREATE TABLE IF NOT EXISTS item (id TEXT PRIMARY KEY, whom TEXT UNIQUE NOT NULL)",
  "CREATE TABLE IF NOT EXISTS decision (id INTEGER PRIMARY KEY, item TEXT NOT NULL, child INTEGER, reader TEXT NOT NULL, decision TEXT NOT NULL, decided TEXT NOT NULL)",
  "CREATE TABLE IF NOT EXISTS child (child INTEGER PRIMARY KEY, birth_date TEXT, sex TEXT)",
  "CREATE TABLE IF NOT EXISTS dose (child INTEGER NOT NULL, place INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (child, place))",
  "CREATE TABLE IF NOT EXISTS outcome (child INTEGER NOT NULL, place INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (child, place))",
  "CREATE TABLE IF NOT EXISTS audit (id INTEGER PRIMARY KEY, at TEXT NOT NULL, caller TEXT NOT NULL, action TEXT NOT NULL, about TEXT NOT NULL, status INTEGER NOT NULL)",
  onlyAddedTo("audit", "the audit is only added to"),
  onlyAddedTo("decision", "decisions are only added"),
].flat();
const COUNTED = ["message", "quarantine", "journal", "decision", "child", "dose", "outcome", "audit"];

export class Store {
  #storage;

  constructor(storage) {
    this.#storage = storage;
    storage.transaction(() => TABLES.forEach((sql) => storage.rows(sql)));
  }

  /** All that is written in `work` is written, or none of it. */
  transaction(work) {
    return this.#storage.transaction(work);
  }

  setting(name) {
    return this.#storage.rows("SELECT value FROM setting WHERE name = ?", name)[0]?.value;
  }

  set(name, value) {
    if (this.setting(name) !== value) this.#storage.rows("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", name, value);
  }

  hasMessage(digest) {
    return this.#storage.rows("SELECT id FROM message WHERE digest = ?", digest).length > 0;
  }

  keepMessage(digest, body, name, received) {
    if (this.hasMessage(digest)) return;
    this.#storage.rows("INSERT INTO message (digest, name, received) VALUES (?, ?, ?)", digest, name, received);
    this.#keepPieces(`message ${digest}`, body);
  }

  /** Keeps the bytes of what could not be read, and for each of its rows the reason. */
  quarantine(digest, body, rows, received) {
    for (const { row, code } of rows) {
      this.#storage.rows("INSERT OR IGNORE INTO quarantine (digest, row, reason, received) VALUES (?, ?, ?, ?)", digest, row, code, received);
    }
    this.#keepPieces(`message ${digest}`, body);
  }

  /** What could not be read, oldest first. */
  quarantined() {
    return this.#storage.rows("SELECT digest, row, reason, received FROM quarantine ORDER BY received, digest, row");
  }

  /** The bytes of what could not be read, as they came; nothing if none of it is in quarantine. */
  quarantinedBytes(digest) {
    const [found] = this.#storage.rows("SELECT digest FROM quarantine WHERE digest = ?", digest);
    return found && this.#pieces(`message ${digest}`);
  }

  keepJournal({ first, count, entries }) {
    this.#storage.rows("INSERT INTO journal (first, count) VALUES (?, ?)", first, count);
    this.#keepPieces(`journal ${first}`, entries);
  }

  /** The id under which somebody or something waits for review: drawn, since the name itself is made of a number. */
  idOf(whom) {
    const [known] = this.#storage.rows("SELECT id FROM item WHERE whom = ?", whom);
    if (known !== undefined) return known.id;
    const id = hex(crypto.getRandomValues(new Uint8Array(16)));
    this.#storage.rows("INSERT INTO item (id, whom) VALUES (?, ?)", id, whom);
    return id;
  }

  whomOf(id) {
    return this.#storage.rows("SELECT whom FROM item WHERE id = ?", id)[0]?.whom;
  }

  /** What was decided on an item, oldest first; on every item if none is named. */
  decisions(item) {
    const columns = "item, child, reader, decision, decided";
    return item === undefined
      ? this.#storage.rows(`SELECT ${columns} FROM decision ORDER BY id`)
      : this.#storage.rows(`SELECT ${columns} FROM decision WHERE item = ? ORDER BY id`, item);
  }

  keepDecision({ item, child, reader, decision, decided }) {
    this.#storage.rows("INSERT INTO decision (item, child, reader, decision, decided) VALUES (?, ?, ?, ?, ?)", item, child, reader, decision, decided);
  }

  /** Keeps what is known of a child in the place of what was. */
  keepChild({ child, birth_date, sex, doses, outcomes }) {
    this.forgetChild(child);
    this.#storage.rows("INSERT INTO child (child, birth_date, sex) VALUES (?, ?, ?)", child, birth_date, sex);
    for (const [table, contents] of [["dose", doses], ["outcome", outcomes]]) {
      contents.forEach((content, place) => {
        this.#storage.rows(`INSERT INTO ${table} (child, place, content) VALUES (?, ?, ?)`, child, place, JSON.stringify(content));
      });
    }
  }

  forgetChild(child) {
    for (const table of ["child", "dose", "outcome"]) this.#storage.rows(`DELETE FROM ${table} WHERE child = ?`, child);
  }

  child(child) {
    const [known] = this.#storage.rows("SELECT birth_date, sex FROM child WHERE child = ?", child);
    if (known === undefined) return undefined;
    const all = (table) => this.#storage.rows(`SELECT content FROM ${table} WHERE child = ? ORDER BY place`, child).map(({ content }) => JSON.parse(content));
    return { ...known, doses: all("dose"), outcomes: all("outcome") };
  }

  /** Every child of whom something is known. */
  children() {
    return this.#storage.rows("SELECT child FROM child ORDER BY child").map(({ child }) => child);
  }

  audit({ at, caller, action, about, status }) {
    this.#storage.rows("INSERT INTO audit (at, caller, action, about, status) VALUES (?, ?, ?, ?, ?)", at, caller, action, about, status);
  }

  /** The bytes of each message, in the order in which they came. One at a time: together they may be more than fits. */
  *messages() {
    for (const { digest, name } of this.#storage.rows("SELECT digest, name FROM message ORDER BY id")) {
      yield { name, body: this.#pieces(`message ${digest}`) };
    }
  }

  /** The pieces of the journal in order: all, or from the one on that has the change behind this one. */
  *journal(after = 0) {
    for (const { first } of this.#storage.rows("SELECT first FROM journal WHERE first + count > ? + 1 ORDER BY first", after)) {
      yield this.#pieces(`journal ${first}`);
    }
  }

  /** The numbers of the first and the last change of the journal; nothing if there is none. */
  journalled() {
    const [{ first, last }] = this.#storage.rows("SELECT min(first) AS first, max(first + count - 1) AS last FROM journal");
    return first === null ? undefined : { first, last };
  }

  counts() {
    const count = (table) => this.#storage.rows(`SELECT count(*) AS n FROM ${table}`)[0].n;
    const reasons = this.#storage.rows("SELECT reason, count(*) AS n FROM quarantine GROUP BY reason ORDER BY reason");
    return { ...Object.fromEntries(COUNTED.map((table) => [table, count(table)])), quarantine_reasons: Object.fromEntries(reasons.map(({ reason, n }) => [reason, n])) };
  }

  #keepPieces(of, bytes) {
    for (let at = 0, place = 0; at < bytes.length; at += PIECE, place += 1) {
      this.#storage.rows("INSERT OR IGNORE INTO piece (of, place, bytes) VALUES (?, ?, ?)", of, place, bytes.slice(at, at + PIECE));
    }
  }

  #pieces(of) {
    const pieces = this.#storage.rows("SELECT bytes FROM piece WHERE of = ? ORDER BY place", of).map(({ bytes }) => new Uint8Array(bytes));
    const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}

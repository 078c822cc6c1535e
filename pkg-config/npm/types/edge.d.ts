export * from "./index.js";

import type { FileContent, Waterfall } from "./index.js";
import type { ChildRecord, Finding } from "./validate.js";

/** A record of the index that fits. */
export interface Candidate {
  /** The number of the record. */
  readonly entry: number;
  /** The serial of its child. */
  readonly child: number;
  readonly decision: "link" | "review";
  /** Codes of the rules that outrank the weight. */
  readonly guards: readonly string[];
  readonly match_weight: number;
  /** 0 to 1, by weight alone. */
  readonly match_probability: number;
  /** Whether the child's whereabouts are withheld from every output. */
  readonly sensitive: boolean;
  readonly waterfall: Waterfall;
}

/** A record that only those may compare who must. */
export interface RestrictedCandidate {
  readonly entry: number;
  readonly child: number;
  readonly guards: readonly string[];
}

/** Who a record is about. */
export interface Match {
  /** `restricted`: not for common review. */
  readonly outcome: "link" | "review" | "restricted" | "not-found";
  readonly child: number | null;
  /** Best first. */
  readonly candidates: readonly Candidate[];
  readonly restricted: readonly RestrictedCandidate[];
}

/**
 * The child index: answers for one record at a time, "who is this?". Changes are written before they are made: each
 * method that changes answers with bytes for the host's journal, and `replay` applies them once they are durable.
 * `snapshot` in the examples is what `childlink index build` wrote, and `index` the index loaded from it.
 * @example
 * const index = await ChildIndex.load(snapshot);
 * const record = { nhs_number: "9434765919", given_name: "Zoë", family_name: "Okafor", birth_date: "2024-02-29" };
 * const { outcome, child } = index.match(record);
 * const entry = index.upsert(record, { source: "births", child: child ?? undefined });
 * // ... the host writes the entry to its journal; then
 * console.log(outcome, index.replay(entry).applied, index.match(record).outcome); // not-found 1 link
 */
export class ChildIndex {
  private constructor();
  /**
   * Loads a snapshot that `childlink index build` or `snapshot` made; a stream goes to Wasm a megabyte at a time.
   * @example
   * const loaded = await ChildIndex.load(new Blob([snapshot]).stream());
   * console.log(loaded.stats().children > 0); // true
   * @throws {ChildlinkError} `argument/...`, `input/cannot-read`, `index/...`, `model/...`
   */
  static load(snapshot: FileContent): Promise<ChildIndex>;
  /**
   * Who a record is about.
   * @param options Whose record it is; `query` if left out.
   * @example
   * console.log(index.match({ nhs_number: "943 476 5919", birth_date: "2024-02-29" }).outcome); // not-found
   * @throws {ChildlinkError} `argument/...`, `index/gone`
   */
  match(record: ChildRecord, options?: { readonly source?: string }): Match;
  /**
   * Answers the operation `$match` on Patient: Parameters or a Patient in FHIR R4 JSON in, a searchset Bundle out.
   * @example
   * const patient = { resourceType: "Patient", birthDate: "2024-02-29", name: [{ family: "Okafor", given: ["Zoë"] }] };
   * console.log(index.matchFhir(new TextEncoder().encode(JSON.stringify(patient))).resourceType); // Bundle
   * @throws {ChildlinkError} `match/...`, `fhir/...`, `argument/...`, `index/gone`
   */
  matchFhir(request: Uint8Array, options?: { readonly source?: string }): object;
  /**
   * For a record that comes, or takes the place of an earlier form of itself. The next free numbers unless named.
   * @example
   * const entry = index.upsert({ nhs_number: "9434765919", given_name: "Zoë", family_name: "Okafor", birth_date: "2024-02-29" }, { source: "births" });
   * console.log(index.replay(entry).applied); // 1
   * @throws {ChildlinkError} `argument/...`, `index/...`
   */
  upsert(
    record: ChildRecord,
    options?: { readonly source?: string; readonly entry?: number | undefined; readonly child?: number | undefined },
  ): Uint8Array;
  /**
   * For a record that goes.
   * @example
   * const record = { nhs_number: "9434765919", given_name: "Zoë", family_name: "Okafor", birth_date: "2024-02-29" };
   * index.replay(index.upsert(record));
   * const [{ entry }] = index.match(record).candidates;
   * index.replay(index.remove(entry));
   * console.log(index.match(record).outcome); // not-found
   * @throws {ChildlinkError} `argument/not-serial`, `index/...`
   */
  remove(entry: number): Uint8Array;
  /**
   * For what a person decided on somebody whom a queue names, or on a message to be set aside: that it is this child,
   * is not, or that the reader is unsure. `different` without a child: none of the index's children. The latest of each
   * reader counts; readers who differ leave the matter open.
   * @param options `decidedAt` in ISO 8601.
   * @example
   * const notifications = new Notifications(index);
   * const pid = "PID|1||4010232137^^^NHS||Okafor^Zoe||20240229|F|||^^^LS1 4AP";
   * const birth = `MSH|^~\\&|MAT|RVVKC|CHIS|X|20260105101500||ADT^A28|m1|P|2.4\rEVN|A28|20260105101500\r${pid}\r`;
   * const [{ key }] = notifications.receive(new TextEncoder().encode(birth));
   * const entry = index.decide(key.whom, "different", { reader: "clerk-1", decidedAt: "2026-11-30T10:00:00Z" });
   * console.log(index.replay(entry).applied); // 1
   * @throws {ChildlinkError} `decision/...`, `argument/...`, `index/gone`
   */
  decide(
    whom: string,
    decision: "same" | "different" | "unsure",
    options: { readonly child?: number | undefined; readonly reader: string; readonly decidedAt: string },
  ): Uint8Array;
  /**
   * Takes the pairs that must never be joined or mentioned, as `childlink bar` writes them, and their key: before
   * messages are settled, at every start.
   * @example
   * index.setBarred(new TextEncoder().encode("hash\n"), "ab".repeat(32)); // a list of none
   * @throws {ChildlinkError} `barred/key`, `list/...`, `argument/...`, `index/gone`
   */
  setBarred(list: Uint8Array, key: string): void;
  /**
   * For two children that turn out to be one.
   * @example
   * index.replay(index.upsert({ nhs_number: "9434765919", birth_date: "2024-02-29" }));
   * index.replay(index.upsert({ nhs_number: "4010232137", birth_date: "2024-02-29" }));
   * const [one, other] = ["9434765919", "4010232137"].map((nhs_number) => index.match({ nhs_number, birth_date: "2024-02-29" }).child);
   * console.log(index.replay(index.merge(other, one)).applied); // 1
   * @throws {ChildlinkError} `index/...`, `argument/not-serial`
   */
  merge(from: number, into: number): Uint8Array;
  /**
   * For records that turn out to be another child's: a new one unless named.
   * @example
   * const record = { nhs_number: "9434765919", given_name: "Zoë", family_name: "Okafor", birth_date: "2024-02-29" };
   * index.replay(index.upsert(record));
   * const [{ entry, child }] = index.match(record).candidates;
   * index.replay(index.split([entry]));
   * console.log(index.match(record).child === child); // false
   * @throws {ChildlinkError} `index/...`, `argument/not-entries`, `argument/not-serial`
   */
  split(entries: readonly number[], child?: number): Uint8Array;
  /**
   * Applies a journal, as often as one likes. What follows `wholeBytes` was torn by a crash: cut it off before more is
   * appended.
   * @example
   * const entry = index.upsert({ nhs_number: "9434765919", birth_date: "2024-02-29" });
   * console.log(index.replay(entry).applied, index.replay(entry).passedOver); // 1 1
   * @throws {ChildlinkError} `journal/...`, `index/...`, `argument/...`
   */
  replay(journal: Uint8Array): {
    readonly applied: number;
    readonly passedOver: number;
    readonly wholeBytes: number;
    readonly tornBytes: number;
  };
  /**
   * A new snapshot of all that the index holds.
   * @example
   * console.log(index.snapshot().length === snapshot.length); // true
   * @throws {ChildlinkError} `index/...`
   */
  snapshot(): Uint8Array;
  /**
   * Counts and sizes.
   * @example
   * console.log(index.stats().children > 0); // true
   * @throws {ChildlinkError} `index/gone`
   */
  stats(): Readonly<Record<string, number>>;
  /**
   * Gives the memory back. Freeing twice is harmless.
   * @example
   * const index = await ChildIndex.load(snapshot);
   * index.free();
   * try {
   *   index.stats();
   * } catch (error) {
   *   console.log(error.code); // index/gone
   * }
   * @throws {ChildlinkError} `argument/not-index`
   */
  free(): void;
  /**
   * What `using` calls at the end of its block: `free`.
   * @example
   * const index = await ChildIndex.load(snapshot);
   * index[Symbol.dispose]();
   * @throws {ChildlinkError} `argument/not-index`
   */
  [Symbol.dispose](): void;
}

/** What tells one message from others. */
export interface MessageKey {
  readonly channel: "nems" | "mns" | "pds" | "imms-fhir" | "imms-batch" | "hl7v2" | "laboratory";
  readonly source: string;
  readonly event: string;
  readonly id: string;
  /** SHA-256 of the body in canonical form. */
  readonly digest: string;
  /** The message's name for `decide`, to set it aside. */
  readonly whom: string;
}

/** A message understood. */
export interface Notification {
  readonly key: MessageKey;
  /** Of two messages with one state the later replaces the earlier. */
  readonly state: { readonly event: string; readonly system: string; readonly value: string };
  /** Microseconds since 1970. */
  readonly order: { readonly last_updated: number | null; readonly version: number | null; readonly timestamp: number | null };
  readonly action: "new" | "update" | "delete";
  /** What it says of the child, as text by column. For a birth the baby, with the mother in the mother's columns. */
  readonly subject: ChildRecord;
  /** Columns whose value it deletes. */
  readonly cleared: readonly string[];
  /** Whether it calls the child dead, with or without a date. */
  readonly dead: boolean;
  readonly payload: { readonly kind: string; readonly [key: string]: unknown };
  readonly findings: readonly Finding[];
}

/**
 * Reads one message: NEMS STU3 (XML, JSON, nested in ITK), MNS signals, PDS birth bundles, IMMS R4, HL7 version 2.
 * @example
 * const signal = { specversion: "1.0", id: "1", type: "nhs-number-change-2", source: "s", subject: "9434765919", time: "2026-03-04T16:45:49Z" };
 * const { key, subject } = parseNotification(new TextEncoder().encode(JSON.stringify(signal)));
 * console.log(key.channel, key.event, subject.nhs_number); // mns nhs-number-change-2 9434765919
 * @throws {ChildlinkError} `fhir/...`, `notification/...`, `hl7/...`, `argument/...`
 */
export function parseNotification(message: Uint8Array): Notification;

/**
 * An error as a FHIR R4 OperationOutcome.
 * @example
 * try {
 *   parseNotification(new TextEncoder().encode("{}"));
 * } catch (error) {
 *   console.log(operationOutcome(error).resourceType, error.code); // OperationOutcome notification/unknown-shape
 * }
 * @throws {ChildlinkError} `argument/not-object`, `argument/not-text`, `argument/too-long`
 */
export function operationOutcome(error: {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly field?: string | null;
}): object;

/** What became of a message, or of a row of a batch file. */
export type Receipt =
  | { readonly row: number; readonly receipt: "fresh" | "repeat"; readonly key: MessageKey }
  | {
      readonly row: number;
      readonly receipt: "unreadable";
      readonly error: { readonly code: string; readonly message: string; readonly hint: string; readonly field: string | null };
    };

/** What follows from all messages. */
export interface Settlement {
  /** How many changes of the index it took. */
  readonly changes: number;
  readonly recognised: readonly {
    readonly messages: readonly MessageKey[];
    readonly child: number | null;
    readonly is_new: boolean;
    /** As the last message has it that mentions it. */
    readonly birth_date: string | null;
    readonly sex: "male" | "female" | null;
    readonly sensitive: boolean;
  }[];
  /** What a person must look at. */
  readonly queue: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    /** For `decide`. It is made of an NHS number or an identifier: not for logs or addresses. */
    readonly whom: string | null;
    readonly messages: readonly MessageKey[];
    /** Whom each message is about; where the child lives is withheld if it, or somebody who may be it, is sensitive. */
    readonly subjects: readonly ChildRecord[];
    readonly candidates: readonly Candidate[];
    readonly restricted: readonly RestrictedCandidate[];
  }[];
  readonly facts: readonly { readonly child: number; readonly content: { readonly kind: string; readonly [key: string]: unknown }; readonly sources: readonly object[] }[];
  /** Vaccinations as FHIR R4 Immunization. */
  readonly immunizations: readonly object[];
  /** NHS numbers of which the national record changed: to be read again. */
  readonly to_read_again: readonly string[];
  readonly withdrawn: readonly object[];
  /** Messages that a person set aside. */
  readonly set_aside: readonly MessageKey[];
}

/**
 * All messages so far. Made from an index before its journal is replayed; then `receive` every message that is kept,
 * `restore` the journal, and from then on `receive` and `settle`. Order and repeats make no difference.
 * @example
 * const notifications = new Notifications(index);
 * const signal = { specversion: "1.0", id: "1", type: "nhs-number-change-2", source: "s", subject: "9434765919", time: "2026-03-04T16:45:49Z" };
 * notifications.receive(new TextEncoder().encode(JSON.stringify(signal)));
 * const journal = [];
 * const { to_read_again } = notifications.settle(({ entries }) => journal.push(...entries));
 * console.log(to_read_again); // [ '9434765919' ]
 */
export class Notifications {
  /**
   * @param index The index that the messages are about, as its snapshot has it.
   * @example
   * const notifications = new Notifications(await ChildIndex.load(snapshot));
   * @throws {ChildlinkError} `argument/not-index`, `index/gone`
   */
  constructor(index: ChildIndex);
  /**
   * Takes a message, or a file of them: HL7 messages one behind another, a JSON message a line, an immunisation batch, a
   * laboratory's outcomes. A file's name tells when a batch was made.
   * @example
   * const notifications = new Notifications(index);
   * const signal = { specversion: "1.0", id: "1", type: "pds-change-of-gp-2", source: "s", subject: "9434765919", time: "2026-03-04T16:45:49Z" };
   * const message = new TextEncoder().encode(JSON.stringify(signal));
   * console.log(notifications.receive(message)[0].receipt, notifications.receive(message)[0].receipt); // fresh repeat
   * @throws {ChildlinkError} as `parseNotification` where nothing of it can be read (nothing was taken then),
   * `notifications/gone`, `notifications/busy`
   */
  receive(message: Uint8Array, name?: string): readonly Receipt[];
  /**
   * Brings messages and index to where the journal stood; answers the bytes of whole entries.
   * @example
   * const notifications = new Notifications(index);
   * console.log(notifications.restore(new Uint8Array())); // 0
   * @throws {ChildlinkError} `journal/...`, `index/...`, `argument/...`, `notifications/gone`
   */
  restore(journal: Uint8Array): number;
  /**
   * Draws all conclusions. `write` must have made the entries durable when it comes back; if it throws, nothing was changed.
   * @example
   * const notifications = new Notifications(index);
   * console.log(notifications.settle(() => {}).queue.length); // 0
   * @throws {ChildlinkError} `journal/not-written` with the cause, `index/...`, `argument/not-function`, `notifications/gone`
   */
  settle(write: (journal: { readonly entries: Uint8Array; readonly first: number; readonly count: number }) => void): Settlement;
  /**
   * Gives the memory back. Freeing twice is harmless.
   * @example
   * const notifications = new Notifications(index);
   * notifications.free();
   * try {
   *   notifications.settle(() => {});
   * } catch (error) {
   *   console.log(error.code); // notifications/gone
   * }
   * @throws {ChildlinkError} `argument/not-notifications`
   */
  free(): void;
  /**
   * What `using` calls at the end of its block: `free`.
   * @example
   * const notifications = new Notifications(index);
   * notifications[Symbol.dispose]();
   * @throws {ChildlinkError} `argument/not-notifications`
   */
  [Symbol.dispose](): void;
}

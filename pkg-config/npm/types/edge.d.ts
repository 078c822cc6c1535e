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
 * @example
 * const index = await ChildIndex.load(snapshot);
 * index.replay(journal);
 * const { outcome, child } = index.match(record);
 * const entry = index.upsert(record, { source: "births", child: child ?? undefined });
 * await store(entry);
 * index.replay(entry);
 */
export class ChildIndex {
  private constructor();
  /**
   * Loads a snapshot that `childlink index build` or `snapshot` made; a stream goes to Wasm a megabyte at a time.
   * @throws {ChildlinkError} `argument/...`, `index/...`, `model/...`
   */
  static load(snapshot: FileContent): Promise<ChildIndex>;
  /**
   * @param options Whose record it is; `query` if left out.
   * @throws {ChildlinkError} `argument/...`, `index/gone`
   */
  match(record: ChildRecord, options?: { readonly source?: string }): Match;
  /**
   * Answers the operation `$match` on Patient: Parameters or a Patient in FHIR R4 JSON in, a searchset Bundle out.
   * @throws {ChildlinkError} `match/...`, `fhir/...`, `argument/...`, `index/gone`
   */
  matchFhir(request: Uint8Array, options?: { readonly source?: string }): object;
  /** For a record that comes, or takes the place of an earlier form of itself. The next free numbers unless named. */
  upsert(
    record: ChildRecord,
    options?: { readonly source?: string; readonly entry?: number; readonly child?: number },
  ): Uint8Array;
  /** For a record that goes. */
  remove(entry: number): Uint8Array;
  /**
   * For what a person decided on somebody whom a queue names, or on a message to be set aside: that it is this child,
   * is not, or that the reader is unsure. `different` without a child: none of the index's children. The latest of each
   * reader counts; readers who differ leave the matter open.
   * @param options `decidedAt` in ISO 8601.
   * @throws {ChildlinkError} `decision/...`, `argument/...`, `index/gone`
   */
  decide(
    whom: string,
    decision: "same" | "different" | "unsure",
    options: { readonly child?: number; readonly reader: string; readonly decidedAt: string },
  ): Uint8Array;
  /**
   * Takes the pairs that must never be joined or mentioned, as `childlink bar` writes them, and their key: before
   * messages are settled, at every start.
   * @throws {ChildlinkError} `barred/key`, `list/...`, `argument/...`, `index/gone`
   */
  setBarred(list: Uint8Array, key: string): void;
  /**
   * For two children that turn out to be one.
   * @throws {ChildlinkError} `index/barred`
   */
  merge(from: number, into: number): Uint8Array;
  /** For records that turn out to be another child's: a new one unless named. */
  split(entries: readonly number[], child?: number): Uint8Array;
  /**
   * Applies a journal, as often as one likes. What follows `wholeBytes` was torn by a crash: cut it off before more is
   * appended.
   * @throws {ChildlinkError} `journal/...`, `index/...`
   */
  replay(journal: Uint8Array): {
    readonly applied: number;
    readonly passedOver: number;
    readonly wholeBytes: number;
    readonly tornBytes: number;
  };
  /** A new snapshot of all that the index holds. */
  snapshot(): Uint8Array;
  /** Counts and sizes. */
  stats(): Readonly<Record<string, number>>;
  /** Gives the memory back. Freeing twice is harmless. */
  free(): void;
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
  readonly payload: { readonly kind: string; readonly [key: string]: unknown };
  readonly findings: readonly Finding[];
}

/**
 * Reads one message: NEMS STU3 (XML, JSON, nested in ITK), MNS signals, PDS birth bundles, IMMS R4, HL7 version 2.
 * @throws {ChildlinkError} `fhir/...`, `notification/...`, `hl7/...`, `argument/...`
 */
export function parseNotification(message: Uint8Array): Notification;

/** An error as a FHIR R4 OperationOutcome. */
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
 */
export class Notifications {
  constructor(index: ChildIndex);
  /**
   * Takes a message, or a file of them: HL7 messages one behind another, a JSON message a line, an immunisation batch, a
   * laboratory's outcomes. A file's name tells when a batch was made.
   * @throws {ChildlinkError} as `parseNotification` where nothing of it can be read; nothing was taken then
   */
  receive(message: Uint8Array, name?: string): readonly Receipt[];
  /** Brings messages and index to where the journal stood; answers the bytes of whole entries. */
  restore(journal: Uint8Array): number;
  /**
   * Draws all conclusions. `write` must have made the entries durable when it comes back; if it throws, nothing was changed.
   * @throws {ChildlinkError} `journal/not-written` with the cause, `index/...`
   */
  settle(write: (journal: { readonly entries: Uint8Array; readonly first: number; readonly count: number }) => void): Settlement;
  /** Gives the memory back. Freeing twice is harmless. */
  free(): void;
  [Symbol.dispose](): void;
}

export * from "./validate.js";

import type { ChildRecord, Finding } from "./validate.js";

/** One bar of a waterfall. */
export interface WaterfallBar {
  readonly comparison: string;
  /** The level, in the model's words. */
  readonly level: string;
  /** P(level | match), or null for no evidence. */
  readonly m: number | null;
  /** P(level | chance pair), or null for no evidence. */
  readonly u: number | null;
  /** log2(m / u), in bits. */
  readonly weight: number;
  /** What the rarity of the value adds, in bits. */
  readonly term_frequency: number;
}

/** Why a pair has its weight. Prior, bars and household add up to the match weight. */
export interface Waterfall {
  /** The log2 odds that two random records match. */
  readonly prior: number;
  readonly bars: readonly WaterfallBar[];
  /** What is taken off because two children born together would explain the pair as well. */
  readonly household: number;
  /** Bits, log2. */
  readonly match_weight: number;
}

/** What comparing two records comes to. */
export interface PairComparison {
  /** `restricted`: only for those who may see both; `distinct`: not worth a look. */
  readonly decision: "link" | "review" | "restricted" | "distinct";
  /** Codes of the rules that outrank the weight. */
  readonly guards: readonly string[];
  readonly match_weight: number;
  /** 0 to 1, by weight alone. */
  readonly match_probability: number;
  readonly waterfall: Waterfall;
}

/**
 * Compares two records by the built-in child-health model, or by one of `childlink train`. Two records say nothing
 * of how common their values are, so no weight is adjusted by the frequency of a value.
 * @example
 * const birth = { given_name: "Zoë", family_name: "Okafor", birth_date: "2024-02-29", postcode: "LS1 4AP" };
 * const school = { given_name: "ZOE", family_name: "Okafor", birth_date: "29/02/2024", postcode: "ls14ap" };
 * const { decision, waterfall } = comparePair(birth, school);
 * console.log(decision, waterfall.bars[1].level); // link same
 * @throws {ChildlinkError} `argument/...`, `model/...`
 */
export function comparePair(left: ChildRecord, right: ChildRecord, options?: { readonly model?: object }): PairComparison;

/** A dose given. */
export interface Dose {
  /** `YYYY[-MM[-DD]]`. */
  readonly date: string;
  /** A product of the programme, a SNOMED code, or antigens for a dose from abroad. */
  readonly product: string | { readonly snomed: string } | { readonly antigens: readonly string[] };
}

/** What is known of a child, for the schedule. */
export interface ScheduledChild {
  readonly id?: string;
  /** `YYYY[-MM[-DD]]`. */
  readonly birth_date: string;
  readonly death_date?: string;
  readonly sex?: "female" | "male" | "unknown";
  /** England, with a finding, if left out. */
  readonly nation?: "england" | "scotland" | "wales" | "northern-ireland";
  readonly year_group?: number;
  readonly gestation_weeks?: number;
  readonly risk_groups?: readonly string[];
  readonly doses?: readonly Dose[];
  readonly screens?: readonly { readonly date: string; readonly kind: string; readonly condition?: string; readonly outcome: string }[];
  readonly reviews?: readonly { readonly date: string; readonly kind: string }[];
  readonly vitamin_k?: readonly { readonly date: string; readonly route: string }[];
  readonly decisions?: readonly {
    readonly series: string;
    readonly status: "refused" | "contraindicated" | "immune" | "deferred";
    readonly until?: string;
  }[];
  /** Outranks the option of the same name. */
  readonly as_at?: string;
}

/** The next dose of a series, or why there is none. */
export interface Forecast {
  readonly series: string;
  readonly dose: number | null;
  readonly status:
    | "complete"
    | "due"
    | "overdue"
    | "not-yet-due"
    | "too-late"
    | "not-eligible"
    | "not-required"
    | "contraindicated"
    | "declined"
    | "deferred"
    | "blocked"
    | "immune";
  /** The first day on which it may be given. */
  readonly earliest: string | null;
  readonly due: string | null;
  /** The first day on which it counts as overdue: of the programme file, unconfirmed. */
  readonly overdue_from: string | null;
  /** The last day on which it may be given. */
  readonly latest: string | null;
  readonly rule: string;
  readonly source: string;
}

/** What can be given together. */
export interface Visit {
  readonly date: string;
  readonly give: readonly string[];
}

/** What a child has had, and what is due. */
export interface Schedule {
  readonly id: string | null;
  readonly as_at: string;
  readonly history: readonly {
    readonly date: string;
    readonly product: Dose["product"];
    readonly verdicts: readonly {
      readonly series: string | null;
      readonly dose: number | null;
      readonly verdict: "valid" | "invalid" | "extra";
      readonly reason: string;
    }[];
  }[];
  readonly forecast: readonly Forecast[];
  readonly screens: readonly {
    readonly kind: string;
    readonly condition: string | null;
    readonly status: string;
    readonly due: string | null;
    readonly breach_from: string | null;
    readonly standard: string | null;
  }[];
  readonly reviews: readonly {
    readonly kind: string;
    readonly status: string;
    readonly due: string | null;
    readonly breach_from: string | null;
    readonly standard: string | null;
  }[];
  readonly visits: readonly Visit[];
  readonly findings: readonly {
    readonly code: string;
    readonly severity: Finding["severity"];
    /** The key of the child's object concerned, and which of its entries. */
    readonly field: string | null;
    readonly index: number | null;
    readonly message: string;
    readonly hint: string;
  }[];
}

/** When a child is judged. There is no clock: pass today. */
export interface ScheduleOptions {
  /** `YYYY-MM-DD`. */
  readonly asAt: string;
}

/**
 * Judges the doses, screens and reviews of one child by the programmes in force, and forecasts what is next.
 * @example schedule({ birth_date: "2026-01-05" }, { asAt: "2026-03-02" }).forecast[0].status // "due"
 * @throws {ChildlinkError} `argument/...`, `date/...`
 */
export function schedule(child: ScheduledChild, options: ScheduleOptions): Schedule;
/**
 * The same for many children: one JSON object on each line in, one answer on each line out, in the same order. A line
 * that is no child's object is answered by one that says so, and counted.
 * @example
 * const lines = new TextEncoder().encode('{"id":"a","birth_date":"2026-01-05"}\n{"id":"b","birth_date":"2019-03-12"}\n');
 * const answers = scheduleBatch(lines, { asAt: "2026-03-02" });
 * console.log(answers.children, new TextDecoder().decode(answers.lines).slice(0, 9)); // 2 {"id":"a"
 * @throws {ChildlinkError} `argument/...`, `date/...`
 */
export function scheduleBatch(
  lines: Uint8Array,
  options: ScheduleOptions,
): { readonly lines: Uint8Array; readonly children: number; readonly unreadable: number; readonly withFindings: number };
/**
 * The visits still to come, grouping what can be given together.
 * @example
 * const [visit] = planVisits({ birth_date: "2026-01-05" }, { asAt: "2026-03-02" });
 * console.log(visit.date, visit.give.join()); // 2026-03-02 six-in-one,menb,rotavirus
 * @throws {ChildlinkError} `argument/...`, `date/...`
 */
export function planVisits(child: ScheduledChild, options: ScheduleOptions): readonly Visit[];

/** A `ReadableStream` of bytes. */
export interface ByteStream {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>; cancel(): Promise<void> };
}

/** A `Blob` or `File`. */
export interface BlobLike {
  readonly size: number;
  readonly type: string;
  stream(): ByteStream;
}

/** An `AbortSignal`. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** What a file holds. A Blob (a dropped file) is read in parts in a worker; a stream is taken up as a whole first. */
export type FileContent = Uint8Array | readonly Uint8Array[] | BlobLike | ByteStream | AsyncIterable<Uint8Array>;

/** The values of a column: texts, or their UTF-8 one after another with value n from `offsets[n]` to `offsets[n + 1]`. */
export type TextColumn =
  | readonly (string | null | undefined)[]
  | { readonly bytes: Uint8Array; readonly offsets: Uint32Array };

/** How far the work is: bytes of a file read (`total` is not known while a stream comes), or steps of linking. */
export interface LinkProgress {
  readonly phase: "read" | "build" | "train" | "link" | "write";
  readonly done: number;
  readonly total: number | undefined;
}

/** How a caller follows the work, and ends it: with the error `linker/cancelled`, at the next part or step. */
export interface WatchOptions {
  readonly onProgress?: (progress: LinkProgress) => void;
  readonly signal?: SignalLike;
}

/** What linking came to. The bytes are the files of `childlink link`, UTF-8 CSV with a header, byte for byte. */
export interface Linkage {
  /** Counts that reconcile, quality by source and field, and what training learned. */
  readonly summary: {
    readonly rows: { readonly read: number; readonly accepted: number; readonly quarantined: number };
    readonly linkage: {
      readonly records: number;
      readonly children: number;
      readonly candidate_pairs: number;
      readonly links: number;
      readonly review: number;
      readonly restricted: number;
      readonly [key: string]: unknown;
    };
    readonly [key: string]: unknown;
  };
  /** The model after training, to be passed on to later runs and to `comparePair`. */
  readonly model: object;
  /** `summary.json`, in the bytes that the command line writes. */
  readonly summaryJson: Uint8Array;
  /** `model.json`, in the bytes that the command line writes. */
  readonly modelJson: Uint8Array;
  /** `source,record_id,child_id`, one row for every accepted record. */
  readonly children: Uint8Array;
  /** Every pair decided link or review. */
  readonly links: Uint8Array;
  /** The review pairs with their fields and waterfalls. */
  readonly review: Uint8Array;
  /** The restricted queue: keys only, for those who must see it. */
  readonly restricted: Uint8Array;
  /** The rows that were set aside, and why. */
  readonly quarantine: Uint8Array;
  /** The records whose child differs from the earlier run; only where one was given. */
  readonly changes?: Uint8Array;
  /** What the lists could not be used for, in words. */
  readonly notes: readonly string[];
}

/** The lists that a run is told: the bytes of the files that `childlink link` takes, UTF-8 CSV with a header. */
export interface LinkLists {
  /** `source_l,record_id_l,source_r,record_id_r,decision,reader,decided_at`: the latest of each reader counts. */
  readonly decisions?: Uint8Array;
  /** `old_nhs_number,nhs_number`: numbers that were merged into others. */
  readonly superseded?: Uint8Array;
  /** Pairs that must never be joined or mentioned, as `childlink bar` writes them, and the text of the file of its key. */
  readonly barred?: { readonly list: Uint8Array; readonly key: string };
  /** `children` of an earlier run, and `linkage.next_child_id` of its summary: children keep their child_id. */
  readonly previous?: { readonly children: Uint8Array; readonly nextChildId: number };
}

/** A file that several workers read: this one reads every `of`-th part from number `place` on. */
export interface Share {
  /** From 0, less than `of`. */
  readonly place: number;
  readonly of: number;
}

/**
 * Reads a share of a file of delimited text for a `Linker` in another worker. Each worker has an instance of its own,
 * of this same version.
 * @param options `onPart` takes what came of each part: post it (its buffer can be transferred) to the worker of the
 * `Linker`, as one of the `parts` of its `addFile`. `source` must be what `addFile` is told.
 * @example
 * const file = new TextEncoder().encode("record_id,birth_date,family_name\n1,2019-03-12,Okafor\n");
 * const parts = [];
 * await readShare("births.csv", file, { place: 0, of: 2, onPart: (part) => parts.push(part) });
 * const linker = new Linker();
 * console.log(await linker.addFile("births.csv", file, { share: { place: 1, of: 2, parts } })); // 1
 * @throws {ChildlinkError} `argument/...`, `csv/...`, `columns/...`, `input/...`, `linker/...`
 */
export function readShare(
  name: string,
  content: FileContent,
  options: WatchOptions & Share & { readonly source?: string; readonly onPart: (part: Uint8Array) => void },
): Promise<void>;

declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/**
 * Links records of several sources into children. It holds the records until they are linked; use it in a worker, since
 * a step of linking takes its time. Free it if it is not to link after all, or declare it with `using`.
 * @example
 * const linker = new Linker();
 * await linker.addFile("births.csv", new TextEncoder().encode("id,dob,surname\n7,12/03/2019,Okafor\n"));
 * linker.addColumns("school", { record_id: ["1"], birth_date: ["2019-03-12"], family_name: ["Okafor"] });
 * const { summary, children } = await linker.link();
 * console.log(summary.rows.accepted, new TextDecoder().decode(children).split("\n")[0]); // 2 source,record_id,child_id
 */
export class Linker {
  /**
   * @param options A model (a trained one is used as it is), or nothing for the built-in one.
   * @example
   * const linker = new Linker();
   * linker.addColumns("school", { record_id: ["1", "2"], birth_date: ["2019-03-12", "2020-01-30"], family_name: ["Okafor", "Lee"] });
   * const { model } = await linker.link();
   * const later = new Linker({ model });
   * console.log(later.addColumns("births", { record_id: ["7"], birth_date: ["2019-03-12"], nhs_number: ["943 476 5919"] })); // 1
   * @throws {ChildlinkError} `argument/...`, `model/...`
   */
  constructor(options?: { readonly model?: object });
  /**
   * Reads a file of delimited text in any usual encoding, delimiter and column names.
   * @param name Shown in messages; rows that name no source come from a source of this name without its ending.
   * @returns How many rows it has, those set aside included.
   * @param options With `share`, only this share is read here, and the `parts` are what {@link readShare} gave in other workers.
   * @example
   * const linker = new Linker();
   * const file = new Blob(["id,dob,surname\n", "7,12/03/2019,Okafor\n"]);
   * console.log(await linker.addFile("births.csv", file, { source: "maternity" })); // 1
   * @throws {ChildlinkError} `argument/...`, `csv/...`, `columns/...`, `input/...`, `linker/...`
   */
  addFile(
    name: string,
    content: FileContent,
    options?: WatchOptions & {
      readonly source?: string;
      readonly share?: Share & { readonly parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array> };
    },
  ): Promise<number>;
  /**
   * Reads records held in columns, named as a file's header would. Call it once for each chunk, and then name the source.
   * @returns How many rows there are, those set aside included.
   * @example
   * const linker = new Linker();
   * const dates = { bytes: new TextEncoder().encode("2019-03-122020-01-30"), offsets: Uint32Array.of(0, 10, 20) };
   * console.log(linker.addColumns("school", { record_id: ["1", "2"], birth_date: dates, family_name: ["Okafor", null] })); // 2
   * @throws {ChildlinkError} `argument/...`, `columns/...`, `input/...`, `linker/gone`, `linker/busy`
   */
  addColumns(name: string, columns: Readonly<Record<string, TextColumn>>, options?: { readonly source?: string }): number;
  /**
   * Links all records added so far. The linker is spent afterwards, also when this fails or is cancelled.
   * @example
   * const linker = new Linker();
   * linker.addColumns("births", { record_id: ["1"], birth_date: ["2019-03-12"], family_name: ["Okafor"] });
   * const phases = new Set();
   * const { summary } = await linker.link({ seed: 7, onProgress: ({ phase }) => phases.add(phase) });
   * console.log(summary.linkage.children, [...phases].join()); // 1 build,train,link,write
   * @throws {ChildlinkError} `argument/...`, `model/...`, `list/...`, `barred/key`, `input/cannot-read`, `linker/...`
   */
  link(options?: WatchOptions & LinkLists & { readonly linkOnly?: boolean; readonly seed?: number }): Promise<Linkage>;
  /**
   * Gives the memory back. Freeing twice is harmless.
   * @example
   * const linker = new Linker();
   * linker.free();
   * try {
   *   await linker.link();
   * } catch (error) {
   *   console.log(error.code); // linker/gone
   * }
   * @throws {ChildlinkError} `argument/not-linker`
   */
  free(): void;
  /**
   * What `using linker = new Linker()` calls at the end of its block: `free`.
   * @example
   * const linker = new Linker();
   * linker[Symbol.dispose]();
   * @throws {ChildlinkError} `argument/not-linker`
   */
  [Symbol.dispose](): void;
}

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
 * @example comparePair(birth, school).decision // "link"
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
 * @throws {ChildlinkError} `argument/...`, `date/...`
 */
export function scheduleBatch(
  lines: Uint8Array,
  options: ScheduleOptions,
): { readonly lines: Uint8Array; readonly children: number; readonly unreadable: number; readonly withFindings: number };
/**
 * The visits still to come, grouping what can be given together.
 * @throws {ChildlinkError} `argument/...`, `date/...`
 */
export function planVisits(child: ScheduledChild, options: ScheduleOptions): readonly Visit[];

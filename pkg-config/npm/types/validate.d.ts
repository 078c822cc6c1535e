/**
 * What every function of childlink throws, and nothing else. Beside what each function names, any of them may throw
 * `argument/cannot-read` (a getter or proxy of an argument threw), `wasm/not-started` and `wasm/trap`.
 * @example
 * try {
 *   validateRecord({ dob: "29/02/2024" });
 * } catch (error) {
 *   if (error instanceof ChildlinkError) console.log(error.code); // argument/unknown-column
 * }
 */
export class ChildlinkError extends Error {
  constructor(code: string, message: string, hint: string, field?: string | null, options?: { readonly cause?: unknown });
  readonly name: "ChildlinkError";
  /** Stable and greppable: `nhs-number/check-digit`, `argument/not-text`, `wasm/trap`. */
  readonly code: string;
  /** What to do next. */
  readonly hint: string;
  /** The column or argument concerned, if there is one. */
  readonly field: string | null;
}

/** Something worth telling about one field. It never holds the value. */
export interface Finding {
  /** Stable and greppable: `postcode/layout`. */
  readonly code: string;
  /** `note`: nothing was lost. `warning`: weak evidence. `fault`: unusable, counts as missing. */
  readonly severity: "note" | "warning" | "fault";
  /** What was found, in words that a records clerk understands. */
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  /** The canonical column concerned, or null for the whole record. */
  readonly field: string | null;
  /** Where in the value, as a 0-based character position, when that is known. */
  readonly position: number | null;
}

/** What a field turned out to be. Absent, invalid and valid are three things; tell them apart by `state`. */
export type Field<Value> =
  | { readonly state: "absent"; readonly value: null; readonly raw: null; readonly findings: readonly Finding[] }
  | { readonly state: "invalid"; readonly value: null; readonly raw: string; readonly findings: readonly Finding[] }
  | { readonly state: "valid"; readonly value: Value; readonly raw: null; readonly findings: readonly Finding[] };

/** A valid NHS number. Valid is not verified: only the source's status tells that it is this person's. */
export interface NhsNumber {
  /** Ten figures. */
  readonly digits: string;
  /** 3-3-4, as to be shown: `943 476 5919`. */
  readonly display: string;
  /** Who issues numbers of this range. Advice: the check digit is the rule. */
  readonly range:
    | "england-wales-isle-of-man"
    | "scotland"
    | "northern-ireland"
    | "ireland"
    | "internal-test"
    | "test"
    | "spare"
    | "unused";
}

/** A name that is not a placeholder. */
export interface Name {
  /** As to be shown. */
  readonly display: string;
  /** Upper case without marks, as compared. */
  readonly comparison: string;
  /** The words of the comparison form. */
  readonly tokens: readonly string[];
}

/** A postcode that has one of the known layouts. */
export interface Postcode {
  /** With its space: `LS1 4AP`. */
  readonly display: string;
  /** `LS`. */
  readonly area: string;
  /** `LS1`. */
  readonly district: string;
  /** `LS14`: the district and the figure after the space. */
  readonly sector: string;
  /** Only `real` names a place; `pseudo` (ZZ99...) and `stand-in` (NFA, ZZZSECUR...) are never evidence. */
  readonly kind: "real" | "pseudo" | "stand-in";
}

// What hosts hand in, told by its shape alone, so that neither the types of browsers nor those of Node are needed.

/** A `URL`. */
export interface UrlLike {
  readonly href: string;
}

/** A `Request`. */
export interface RequestLike {
  readonly url: string;
  readonly method: string;
}

/** A `Response`. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A `WebAssembly.Module`, of which TypeScript knows no more than that it is an object. */
export type WasmModule = object;

/** The bytes of the Wasm file, or the module compiled from them. */
export type WasmBytes = ArrayBuffer | ArrayBufferView | WasmModule;

/** Where the Wasm module comes from. */
export type WasmSource = UrlLike | string | RequestLike | ResponseLike | WasmBytes | Promise<ResponseLike | WasmBytes>;

/**
 * Starts childlink; call it once before any other function. Later calls do nothing, and all who ask meanwhile wait for the
 * first. In Node, Deno, Bun and workerd it has been started by the import.
 * @param source By default `childlink.wasm` beside the script.
 * @example
 * await init();
 * console.log(isNhsNumber("943 476 5919")); // true
 * @throws {ChildlinkError} `wasm/cannot-start`
 */
export function init(source?: WasmSource): Promise<void>;
/**
 * Starts childlink at once, from bytes or a compiled module; an `init` still on its way does nothing then.
 * @example
 * initSync(readFileSync("node_modules/childlink/validate/childlink.wasm"));
 * console.log(isNhsNumber("943 476 5919")); // true
 * @throws {ChildlinkError} `wasm/cannot-start`
 */
export function initSync(source?: WasmBytes): void;
/**
 * Throws the Wasm instance away, with its memory and every handle in it, and starts a fresh one. Not for a function that
 * childlink has just called, such as `onProgress`: the call that asked it ends with `wasm/replaced`.
 * @example
 * reset();
 * console.log(isNhsNumber("943 476 5919")); // true
 * @throws {ChildlinkError} `wasm/trap` while no fresh instance can be had; each later call tries again
 */
export function reset(): void;

/**
 * Whether the text is a valid NHS number: ten figures with the right check digit, not all the same; white space,
 * hyphens and full-width figures are allowed. False for anything that is not text.
 * @example isNhsNumber("943 476 5919") // true
 * @throws {ChildlinkError} `wasm/not-started`, `wasm/trap`; never for what it is given
 */
export function isNhsNumber(text: unknown): boolean;
/**
 * Reads an NHS number. A wrong number is told with its reason, never corrected.
 * @example parseNhsNumber("9434765919").value?.display // "943 476 5919"
 * @example parseNhsNumber("9434765918").findings[0].code // "nhs-number/check-digit"
 * @throws {ChildlinkError} `argument/not-text`, `argument/too-long`
 */
export function parseNhsNumber(text: string): Field<NhsNumber>;
/**
 * The 3-3-4 display of a valid NHS number.
 * @example formatNhsNumber("9434765919") // "943 476 5919"
 * @throws {ChildlinkError} the code that says why it is no NHS number, such as `nhs-number/length`; `argument/not-text`,
 * `argument/too-long`
 */
export function formatNhsNumber(text: string): string;
/**
 * Checks NHS numbers by the million: ten ASCII figures each, one after the other without separators.
 * @returns One byte for each number: 1 where it is valid, else 0.
 * @example [...checkNhsNumbers(new TextEncoder().encode("94347659199434765918"))] // [1, 0]
 * @throws {ChildlinkError} `argument/not-bytes`, `argument/packed-length`, `argument/detached`
 */
export function checkNhsNumbers(packed: Uint8Array): Uint8Array;

/** A valid number of Scotland or Northern Ireland. */
export interface RegionalNumber {
  /** Ten figures. */
  readonly digits: string;
  /** As it is written. */
  readonly display: string;
}

/**
 * Reads a number of the Community Health Index of Scotland.
 * @example parseChiNumber("0101241232").state // "valid"
 * @throws {ChildlinkError} `argument/not-text`, `argument/too-long`
 */
export function parseChiNumber(text: string): Field<RegionalNumber>;
/**
 * Reads a Health and Care Number of Northern Ireland.
 * @example parseHealthCareNumber("3200000015").value?.display // "320 000 0015"
 * @throws {ChildlinkError} `argument/not-text`, `argument/too-long`
 */
export function parseHealthCareNumber(text: string): Field<RegionalNumber>;

/**
 * Reads a postcode in any case and spacing.
 * @example parsePostcode("ls14ap").value?.display // "LS1 4AP"
 * @throws {ChildlinkError} `argument/not-text`, `argument/too-long`
 */
export function parsePostcode(text: string): Field<Postcode>;

/**
 * Reads a name. A placeholder such as "Baby" or "Twin 2" is absent, with a finding.
 * @param kind Which kind of name; `given` if left out.
 * @example parseName("Zoë-Marie").value?.comparison // "ZOE MARIE"
 * @throws {ChildlinkError} `argument/not-text`, `argument/too-long`, `argument/not-allowed`
 */
export function parseName(text: string, kind?: "given" | "family"): Field<Name>;
/**
 * The birth order that the words of a name carry, 1 to 7, or null.
 * @example birthOrderInName("Twin Two") // 2
 * @throws {ChildlinkError} `argument/not-text`, `argument/too-long`
 */
export function birthOrderInName(text: string): number | null;

/** How written dates are to be read. */
export interface DateOptions {
  /** In which order the source writes day and month; `day-month-year` if left out. */
  readonly dateOrder?: "day-month-year" | "month-day-year";
  /**
   * The date on which records are judged, `YYYY-MM-DD`. Without it no date is in the future, and a year of two
   * figures cannot be read. childlink has no clock: a form passes today.
   */
  readonly asAt?: string;
}

/** A birth date, perhaps in part. */
export interface BirthDate {
  /** `2024-02-29`, `2024-02` or `2024`. */
  readonly display: string;
  readonly year: number;
  /** 1 to 12, or null when not known. */
  readonly month: number | null;
  /** 1 to 31, or null when not known. */
  readonly day: number | null;
  /** 1 January: often filled in when only the year is known. */
  readonly weak: boolean;
}

/**
 * Reads a birth date in any written form: `2024-02-29`, `29/02/2024`, `29 Feb 24`, `2024-02`.
 * @example parseBirthDate("29/02/2024").value?.display // "2024-02-29"
 * @throws {ChildlinkError} `argument/...`, or a `date/...` code when `asAt` is no date
 */
export function parseBirthDate(text: string, options?: DateOptions): Field<BirthDate>;

/** The canonical columns of a child's record. */
export type Column =
  | "source"
  | "record_id"
  | "nhs_number"
  | "nhs_number_status"
  | "given_name"
  | "other_names"
  | "family_name"
  | "previous_family_name"
  | "sex"
  | "birth_date"
  | "birth_time"
  | "birth_order"
  | "death_date"
  | "address_1"
  | "address_2"
  | "address_3"
  | "address_4"
  | "address_5"
  | "postcode"
  | "previous_postcode"
  | "uprn"
  | "gp_practice"
  | "mother_nhs_number"
  | "mother_given_name"
  | "mother_family_name"
  | "mother_birth_date"
  | "gestation_weeks"
  | "sensitive"
  | "updated_at";

/** A child's record as its source wrote it: text by canonical column. An empty or missing value is absent. */
export type ChildRecord = { readonly [column in Column]?: string | null };

/** The columns that are checked one by one. The lines of an address are one field, under the first. */
export type CheckedColumn = Exclude<
  Column,
  "source" | "record_id" | "address_2" | "address_3" | "address_4" | "address_5" | "sensitive" | "updated_at"
>;

/** What checking a record found. */
export interface Validation {
  /** Whether no finding is a fault. */
  readonly ok: boolean;
  /** Whether the NHS number is valid and its status is 01, agreed with the national records. */
  readonly nhs_number_verified: boolean;
  /** Whether the location must not be shown: by flag, postcode or address. */
  readonly sensitive: boolean;
  /** Whether the record was invalidated: it must be linked to nothing. */
  readonly invalidated: boolean;
  /** What each field turned out to be. */
  readonly fields: { readonly [column in CheckedColumn]: "absent" | "invalid" | "valid" };
  /** In the order of the columns, those about several fields last. */
  readonly findings: readonly Finding[];
}

/** The comparison forms of a record. */
export interface NormalisedRecord {
  /** The comparison form of each valid field, null for the others. Normalising it again changes nothing. */
  readonly record: { readonly [column in CheckedColumn]: string | null };
  /** Whether the location must not be shown. The record still holds it: it came from the caller. */
  readonly sensitive: boolean;
  /** Whether the record was invalidated: it must be linked to nothing. */
  readonly invalidated: boolean;
  /** In the order of the columns, those about several fields last. */
  readonly findings: readonly Finding[];
}

/**
 * Checks every field of a record, and the fields against each other.
 * @example validateRecord({ nhs_number: "9434765918", birth_date: "2024-02-29" }).findings[0].code
 * // "nhs-number/check-digit"
 * @throws {ChildlinkError} `argument/...`, or a `date/...` code when `asAt` is no date
 */
export function validateRecord(record: ChildRecord, options?: DateOptions): Validation;
/**
 * Brings every field of a record to its comparison form.
 * @example normaliseRecord({ family_name: "O’Brien" }).record.family_name // "OBRIEN"
 * @throws {ChildlinkError} `argument/...`, or a `date/...` code when `asAt` is no date
 */
export function normaliseRecord(record: ChildRecord, options?: DateOptions): NormalisedRecord;

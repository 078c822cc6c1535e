// Every export of every entry, each put to use as its types promise, and what they must refuse.
import {
  ChildlinkError,
  Linker,
  birthOrderInName,
  checkNhsNumbers,
  comparePair,
  formatNhsNumber,
  init,
  initSync,
  isNhsNumber,
  normaliseRecord,
  parseBirthDate,
  parseChiNumber,
  parseHealthCareNumber,
  parseName,
  parseNhsNumber,
  parsePostcode,
  planVisits,
  readShare,
  reset,
  schedule,
  scheduleBatch,
  validateRecord,
  type BlobLike,
  type ByteStream,
  type Dose,
  type FileContent,
  type Forecast,
  type LinkLists,
  type LinkProgress,
  type Linkage,
  type PairComparison,
  type Schedule,
  type ScheduleOptions,
  type ScheduledChild,
  type Share,
  type SignalLike,
  type TextColumn,
  type Visit,
  type WatchOptions,
  type Waterfall,
  type WaterfallBar,
} from "childlink";
import {
  ChildIndex,
  Notifications,
  operationOutcome,
  parseNotification,
  type Candidate,
  type Match,
  type MessageKey,
  type Notification,
  type Receipt,
  type RestrictedCandidate,
  type Settlement,
} from "childlink/edge";
import { init as startEdge, initSync as startEdgeNow } from "childlink/edge/slim";
import { init as start, initSync as startNow } from "childlink/slim";
import type {
  BirthDate,
  CheckedColumn,
  ChildRecord,
  Column,
  DateOptions,
  Field,
  Finding,
  Name,
  NhsNumber,
  NormalisedRecord,
  Postcode,
  RegionalNumber,
  RequestLike,
  ResponseLike,
  UrlLike,
  Validation,
  WasmBytes,
  WasmModule,
  WasmSource,
} from "childlink/validate";
import { init as startForms, initSync as startFormsNow } from "childlink/validate/slim";

// What hosts have is what the types ask for.
const bytes = new Uint8Array(8);
const url: UrlLike = new URL("https://example.org/childlink.wasm");
const request: RequestLike = new Request("https://example.org/childlink.wasm");
const response: ResponseLike = new Response(bytes);
const module: WasmModule = new WebAssembly.Module(bytes);
const blob: BlobLike = new Blob([bytes]);
const stream: ByteStream = new Blob([bytes]).stream();
const signal: SignalLike = new AbortController().signal;
const sources: WasmSource[] = [url, request, response, module, bytes, bytes.buffer, "childlink.wasm", fetch("childlink.wasm")];
const wasm: WasmBytes[] = [bytes, bytes.buffer, new DataView(bytes.buffer), module];
const contents: FileContent[] = [bytes, [bytes], blob, stream, new Blob([]), new Blob([]).stream(), new File([], "a.csv"), parts()];
await init();
await init(new URL("https://example.org/childlink.wasm"));
initSync(bytes);
for (const source of sources) await Promise.all([start(source), startEdge(source), startForms(fetch("childlink.wasm"))]);
for (const source of wasm) [startNow, startEdgeNow, startFormsNow].forEach((startThis) => startThis(source));
reset();

async function* parts(): AsyncGenerator<Uint8Array> {
  yield bytes;
}

// Forms.
const number: Field<NhsNumber> = parseNhsNumber("9434765919");
if (number.state === "valid") {
  const digits: string = number.value.digits;
  console.log(digits, isNhsNumber(digits), formatNhsNumber(digits), checkNhsNumbers(bytes).length);
} else if (number.state === "invalid") {
  const raw: string = number.raw;
  console.log(raw);
}
const regional: Field<RegionalNumber>[] = [parseChiNumber("0101241232"), parseHealthCareNumber("3200000015")];
const record: ChildRecord = { nhs_number: "9434765919", birth_date: "2024-02-29", other_names: null };
const dates: DateOptions = { asAt: "2026-11-21", dateOrder: "day-month-year" };
const validation: Validation = validateRecord(record, dates);
const findings: readonly Finding[] = validation.findings;
const normalised: NormalisedRecord = normaliseRecord(record);
const checked: CheckedColumn = "family_name";
const column: Column = checked;
const family: string | null = normalised.record[checked];
const postcode: Postcode | null = parsePostcode("LS1 4AP").value;
const born: BirthDate | null = parseBirthDate("1/1/2024", dates).value;
const name: Name | null = parseName("Ann Marie", "given").value;
const order: number | null = birthOrderInName("Twin Two");
console.log(regional, findings, column, family, postcode?.area, born?.weak, name?.tokens, order);

// Pairs and schedules.
const pair: PairComparison = comparePair(record, record);
const decision: "link" | "review" | "restricted" | "distinct" = pair.decision;
const waterfall: Waterfall = pair.waterfall;
const bar: WaterfallBar | undefined = waterfall.bars[0];
const dose: Dose = { date: "2026-03-02", product: { antigens: ["measles"] } };
const child: ScheduledChild = { birth_date: "2026-01-05", nation: "england", doses: [dose] };
const today: ScheduleOptions = { asAt: "2026-03-02" };
const answer: Schedule = schedule(child, today);
const next: Forecast | undefined = answer.forecast[0];
const visits: readonly Visit[] = planVisits(child, today);
const lines: Uint8Array = scheduleBatch(new Uint8Array(), today).lines;
console.log(decision, bar?.weight, next?.status, visits[0]?.give, lines.length);

try {
  validateRecord({});
} catch (error) {
  if (error instanceof ChildlinkError) console.log(error.code, error.hint, error.field, error.cause);
}
const mine: ChildlinkError = new ChildlinkError("mine/code", "message", "hint", null, { cause: new Error("why") });
console.log(mine.name, operationOutcome(mine));

// Linkage.
const linker = new Linker({ model: {} });
const watch: WatchOptions = { onProgress: ({ done, total }: LinkProgress) => console.log(done, total), signal };
for (const content of contents) console.log(await linker.addFile("births.csv", content, { source: "births", ...watch }));
const share: Share = { place: 0, of: 2 };
await readShare("school.csv", blob, { ...share, onPart: (part) => console.log(part.length) });
const rows: number = await linker.addFile("school.csv", blob, { share: { place: 1, of: 2, parts: [bytes] } });
const text: TextColumn = { bytes: new Uint8Array(), offsets: new Uint32Array(3) };
linker.addColumns("school", { record_id: ["1", null], birth_date: text });
const lists: LinkLists = { decisions: bytes, barred: { list: bytes, key: "key" }, previous: { children: bytes, nextChildId: 7 } };
const linkage: Linkage = await linker.link({ seed: 1, linkOnly: true, signal: new AbortController().signal, ...lists });
linker[Symbol.dispose]();
console.log(rows, linkage.children.length, linkage.summary.linkage.records, linkage.changes?.length);

// The index and messages.
const index = await ChildIndex.load(new Blob([]).stream());
const found: Match = index.match(record, { source: "births" });
const candidate: Candidate | undefined = found.candidates[0];
const restricted: RestrictedCandidate | undefined = found.restricted[0];
const entry: Uint8Array = index.upsert(record, { child: found.child ?? undefined });
const notifications = new Notifications(index);
const receipts: readonly Receipt[] = notifications.receive(entry, "a.hl7");
const settled: Settlement = notifications.settle(({ entries, first }) => console.log(entries.length, first));
const notification: Notification = parseNotification(entry);
const key: MessageKey = notification.key;
console.log(index.replay(entry).applied, candidate?.waterfall.prior, restricted?.guards, receipts[0]?.row);
console.log(settled.queue[0]?.candidates[0]?.child, index.decide(key.whom, "unsure", { reader: "a", decidedAt: "2026-11-21" }));

// @ts-expect-error an index is loaded, not made
new ChildIndex();
// @ts-expect-error bytes, not text
await linker.addFile("births.csv", "record_id,birth_date");
// @ts-expect-error a stream of text is none of bytes
await linker.addFile("births.csv", new ReadableStream<string>());
// @ts-expect-error the parts that others read are needed
await linker.addFile("births.csv", bytes, { share: { place: 0, of: 2 } });
// @ts-expect-error a number is no text
parseNhsNumber(9434765919);
// @ts-expect-error no such column
validateRecord({ dob: "2024-02-29" });
// @ts-expect-error the date of evaluation is needed
schedule({ birth_date: "2026-01-05" });
// @ts-expect-error a number is no source
await start(7);
// @ts-expect-error an address cannot be started at once
startNow("https://example.org/childlink.wasm");

import { comparePair, init, Linker, schedule, scheduleBatch, type Schedule } from "childlink";
import { ChildIndex, Notifications, parseNotification, type Match, type Settlement } from "childlink/edge";
import { init as start } from "childlink/slim";
import {
  ChildlinkError,
  isNhsNumber,
  normaliseRecord,
  parseBirthDate,
  parseName,
  parseNhsNumber,
  parsePostcode,
  validateRecord,
  type ChildRecord,
  type Finding,
} from "childlink/validate";

await init();
await start(new URL("https://example.org/childlink.wasm"));
const number = parseNhsNumber("9434765919");
if (number.state === "valid") {
  const digits: string = number.value.digits;
  console.log(digits, isNhsNumber(digits));
} else if (number.state === "invalid") {
  const raw: string = number.raw;
  console.log(raw);
}
const record: ChildRecord = { nhs_number: "9434765919", birth_date: "2024-02-29", other_names: null };
const findings: readonly Finding[] = validateRecord(record, { asAt: "2026-11-21" }).findings;
const family: string | null = normaliseRecord(record).record.family_name;
const area: string | undefined = parsePostcode("LS1 4AP").value?.area;
const weak: boolean | undefined = parseBirthDate("1/1/2024", { dateOrder: "day-month-year" }).value?.weak;
const tokens: readonly string[] = parseName("Ann Marie", "given").value?.tokens ?? [];
const decision: "link" | "review" | "restricted" | "distinct" = comparePair(record, record).decision;
const answer: Schedule = schedule({ birth_date: "2026-01-05", nation: "england" }, { asAt: "2026-03-02" });
const lines: Uint8Array = scheduleBatch(new Uint8Array(), { asAt: "2026-03-02" }).lines;
try {
  validateRecord({});
} catch (error) {
  if (error instanceof ChildlinkError) console.log(error.code, error.hint, error.field);
}
console.log(findings, family, area, weak, tokens, decision, answer.forecast[0]?.status, lines.length);

const linker = new Linker({ model: {} });
const rows: number = await linker.addFile("births.csv", new Blob([]), { source: "births", onProgress: ({ done }) => console.log(done) });
linker.addColumns("school", { record_id: ["1", null], birth_date: { bytes: new Uint8Array(), offsets: new Uint32Array(3) } });
const children: Uint8Array = (await linker.link({ seed: 1, signal: new AbortController().signal })).children;
linker[Symbol.dispose]();
console.log(rows, children.length);

const index = await ChildIndex.load(new Blob([]).stream());
const found: Match = index.match(record, { source: "births" });
const entry: Uint8Array = index.upsert(record, { child: found.child ?? undefined });
const notifications = new Notifications(index);
const settled: Settlement = notifications.settle(({ entries, first }) => console.log(entries.length, first));
const digest: string = parseNotification(entry).key.digest;
console.log(index.replay(entry).applied, settled.queue[0]?.candidates[0]?.waterfall.prior, digest);

// @ts-expect-error an index is loaded, not made
new ChildIndex();
// @ts-expect-error bytes, not text
await linker.addFile("births.csv", "record_id,birth_date");
// @ts-expect-error a number is no text
parseNhsNumber(9434765919);
// @ts-expect-error no such column
validateRecord({ dob: "2024-02-29" });
// @ts-expect-error the date of evaluation is needed
schedule({ birth_date: "2026-01-05" });

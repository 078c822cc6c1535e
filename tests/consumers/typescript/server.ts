// A program for Node that knows neither the types of browsers nor those of Node.
import { Linker, readShare, type LinkProgress } from "childlink";
import { ChildIndex, type FileContent } from "childlink/edge";
import { initSync } from "childlink/edge/slim";
import { init } from "childlink/validate/slim";

async function* file(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([105, 100]);
}

const bytes = new Uint8Array(8);
await init(bytes);
initSync(bytes.buffer);
const linker = new Linker();
const onProgress = ({ done }: LinkProgress): void => void done;
const rows: number = await linker.addFile("births.csv", file(), { onProgress, signal: { aborted: false } });
await readShare("school.csv", [bytes], { place: 0, of: 1, onPart: (part) => part.length });
const content: FileContent = file();
const index = await ChildIndex.load(content);
export const answer: readonly [number, number | null] = [rows, index.match({ nhs_number: "9434765919" }).child];
linker[Symbol.dispose]();

// @ts-expect-error a number is no source
await init(7);
// @ts-expect-error bytes, not text
await linker.addFile("births.csv", "record_id,birth_date");

// Parquet files as text by column, as the command line reads them: dates as YYYY-MM-DD, numbers in figures.

const CHUNK = 20_000;
const encoder = new TextEncoder();

/** The library, loaded when the first Parquet file comes. */
const load = () => import("../../vendor/parquet.js");

/** Whether a file is Parquet, by its first bytes. */
export async function isParquet(file) {
  return (await file.slice(0, 4).text()) === "PAR1";
}

/** The names of its columns and the first rows, as text. */
export async function parquetHead(file) {
  const { header, rowsFrom } = await open(file);
  return { parquet: true, header, rows: await rowsFrom(0, 3), encoding: "Parquet" };
}

/** All its columns, each under the name given at its place: UTF-8 one value after another, and where each begins. */
export async function parquetColumns(file, names, onrows) {
  const packed = names.map(() => ({ parts: [], ends: [0], length: 0 }));
  for await (const rows of chunksOf(file)) {
    for (const [place, column] of packed.entries()) {
      const parts = rows.map((row) => encoder.encode(row[place]));
      for (const part of parts) column.ends.push((column.length += part.length));
      column.parts.push(joined(parts));
    }
    onrows(rows.length);
  }
  return Object.fromEntries(
    names.map((name, place) => [
      name,
      { bytes: joined(packed[place].parts), offsets: Uint32Array.from(packed[place].ends) },
    ]),
  );
}

/** Its rows, some thousand at a time, as lists of text. */
export async function* chunksOf(file) {
  const { count, rowsFrom } = await open(file);
  for (let from = 0; from < count; from += CHUNK) yield rowsFrom(from, Math.min(from + CHUNK, count));
}

async function open(file) {
  const { compressors, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await load();
  const buffer = { byteLength: file.size, slice: (from, to) => file.slice(from, to).arrayBuffer() };
  const metadata = await parquetMetadataAsync(buffer);
  const fields = parquetSchema(metadata).children.map(({ element }) => element);
  const dates = fields.map(
    ({ logical_type: logical, converted_type: converted }) => logical?.type === "DATE" || converted === "DATE",
  );
  return {
    header: fields.map(({ name }) => name),
    count: Number(metadata.num_rows),
    async rowsFrom(rowStart, rowEnd) {
      const rows = await parquetReadObjects({ file: buffer, metadata, rowStart, rowEnd, compressors });
      return rows.map((row) => fields.map(({ name }, place) => textOf(row[name], dates[place])));
    },
  };
}

function textOf(value, isDate) {
  if (value === null || value === undefined) return "";
  return value instanceof Date ? value.toISOString().slice(0, isDate ? 10 : 19) : String(value);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// Parquet, with the ways in which its pages are packed.
export { parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
export { compressors } from "hyparquet-compressors";

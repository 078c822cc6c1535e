// Delimited text and differences of texts.
export { diffChars } from "diff";
export { default as Papa } from "papaparse";

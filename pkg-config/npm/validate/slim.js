// Forms only. Nothing is started on import: pass a URL, Response, bytes or WebAssembly.Module to init or initSync.
import { createBoundary } from "../lib/boundary.js";
import { forms } from "../lib/forms.js";
import * as glue from "./glue.js";

const boundary = createBoundary(glue, "isNhsNumber");

export { ChildlinkError } from "../lib/error.js";
export const { init, initSync, reset } = boundary;
export const {
  isNhsNumber,
  parseNhsNumber,
  formatNhsNumber,
  checkNhsNumbers,
  parseChiNumber,
  parseHealthCareNumber,
  parsePostcode,
  parseName,
  birthOrderInName,
  parseBirthDate,
  validateRecord,
  normaliseRecord,
} = forms(boundary);

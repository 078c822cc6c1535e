// Everything. Nothing is started on import: pass a URL, Response, bytes or WebAssembly.Module to init or initSync.
import { createBoundary } from "../lib/boundary.js";
import { forms } from "../lib/forms.js";
import { linkers } from "../lib/linker.js";
import { pairs } from "../lib/pairs.js";
import { schedules } from "../lib/schedules.js";
import * as glue from "./glue.js";

const boundary = createBoundary(glue, "scheduleBatch");

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
export const { comparePair } = pairs(boundary);
export const { schedule, scheduleBatch, planVisits } = schedules(boundary);
export const { Linker, readShare } = linkers(boundary);

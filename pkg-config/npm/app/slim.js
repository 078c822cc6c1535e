// For a run of linkage in the browser app: linkage and what tells of its pairs, and the report. No entry of the package.
import { createBoundary } from "../lib/boundary.js";
import { forms } from "../lib/forms.js";
import { linkers } from "../lib/linker.js";
import { pairs } from "../lib/pairs.js";
import * as glue from "./glue.js";

const boundary = createBoundary(glue, "linkerrun_report");

export const { init, initSync } = boundary;
export const { validateRecord } = forms(boundary);
export const { comparePair } = pairs(boundary);
export const { Linker, readShare } = linkers(boundary, { reports: true });

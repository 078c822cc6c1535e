// Reads the files of a run apart from the page: that of the children can be large.
import { answerWith } from "../../parts/answering.js";
import { Papa } from "../../vendor/text.js";
import { readRun } from "./pairs.js";

answerWith({ read: ({ files }) => readRun(files, Papa) });

// Whether another snapshot is the next of the same index. `childlink project publish` and `childlink notify --pack` keep the
// number of every record and write how far the journal went that the snapshot shows; what was entered here up to there
// must be in it under the same numbers. An index that was built beside it has other numbers, or none of these records.
import { standingRecords } from "./journal.js";

/** So many of the latest records are looked for. */
const LOOKED_FOR = 200;

/** Answers undefined where nothing that was entered here tells. */
export function isNextOf(store, index) {
  const { applied } = index.stats();
  const begun = Number(store.setting("applied") ?? 0);
  const last = store.journalled()?.last ?? begun;
  if (applied < begun || applied > last) return false;
  const records = [...standingRecords(store.journal(), applied, LOOKED_FOR)];
  if (records.length === 0) return last === begun ? undefined : false;
  return records.every(([entry, { source, record }]) => {
    const { candidates, restricted } = index.match(record, { source });
    return [...candidates, ...restricted].some((found) => found.entry === entry);
  });
}

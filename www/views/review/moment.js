// When something was decided, as the core reads it (src/date/moment.rs): of two decisions of one reader the later counts,
// and `30/06/2026` is after `01/11/2026` as text.

const MOMENT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
/** A project that learns of a decision from an index writes the place in the journal behind the moment. */
const OF_JOURNAL = /^(.*) (\d{20})$/s;

/**
 * The moment that a text names: `YYYY-MM-DD`, or that with a `T` or a space and `hh:mm[:ss[.fff]]`, with or without a
 * zone. Nothing at all is before every moment.
 * @returns Parts to be compared one after another by `isBefore`; `null` if the text names none.
 */
export function momentOf(text) {
  if (text === "") return [Number.NEGATIVE_INFINITY, 0, ""];
  const [, moment, rest] = OF_JOURNAL.exec(text) ?? [null, text, ""];
  const parts = MOMENT.exec(moment);
  if (!parts) return null;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map((part) => part && Number(part));
  const [fraction = "", zone = "Z"] = parts.slice(7);
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  const exists = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  const ahead = offset(zone);
  // A leap second is let in.
  if (!exists || hour > 23 || minute > 59 || second > 60 || ahead === null) return null;
  const seconds = midnight.getTime() / 1000 + 3600 * hour + 60 * minute + second - ahead;
  return [seconds, Number(fraction.padEnd(9, "0").slice(0, 9)), rest];
}

/** Seconds by which a zone is ahead of UTC; 14 hours at most. */
function offset(zone) {
  if (zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(":", "") || 0)];
  const seconds = 3600 * hours + 60 * minutes;
  if (minutes > 59 || seconds > 14 * 3600) return null;
  return zone[0] === "-" ? -seconds : seconds;
}

/** Whether one moment is before another. */
export function isBefore(a, b) {
  const place = a.findIndex((part, at) => part !== b[at]);
  return place >= 0 && a[place] < b[place];
}

// How far a run is. Reading tells how much of the files it has read; the phases after it tell only that they have begun, so
// what they take is estimated from what those before them took.

/** The phases in order, and about how much of a run each takes. */
export const SHARES = [
  ["read", 0.25],
  ["build", 0.15],
  ["train", 0.15],
  ["link", 0.35],
  ["write", 0.1],
];
/** Less than this of a run tells too little of how long all of it will take. */
const ENOUGH = 0.1;

/** The pace of a run that begins at `start`. All times in seconds, of any clock that does not go back. */
export function paceOf(start) {
  let phase = 0;
  let since = start;
  let read = 0;
  const before = () => SHARES.slice(0, phase).reduce((sum, [, share]) => sum + share, 0);

  return {
    /** The run is in this phase; `within`, if known, is how much of it is done. */
    enter(name, now, within = 0) {
      const next = SHARES.findIndex(([known]) => known === name);
      if (next > phase) [phase, since] = [next, now];
      if (phase === 0) read = Math.min(Math.max(within, read), 1);
    },

    /** The phase by its place, how much of the run is done, and about how many seconds are left: `null` if unknown. */
    at(now) {
      const share = SHARES[phase][1];
      if (phase === 0) {
        const done = share * read;
        return { phase, within: read, done, left: done > ENOUGH ? (now - start) * (1 / done - 1) : null };
      }
      const past = before();
      const whole = (since - start) / past;
      // Never past what the phase may take: a bar that is full before the run is done tells nothing.
      const within = Math.min((now - since) / (share * whole), 1) || 0;
      return { phase, within, done: past + share * within, left: whole * (1 - past - share * within) };
    },
  };
}

// What one page hands to another, in memory alone.

let offered = null;

/** Lays the files of a run ready for the Review page. */
export function offerRun(files) {
  offered = files;
}

/** The files that were laid ready, once. */
export function takeRun() {
  const files = offered;
  offered = null;
  return files;
}

/**
 * How every SQLite file is used here. A commit is on the disk when it comes back, and nobody else opens the file. The log
 * before the change (WAL) and not a rollback journal: the Wasm build of SQLite for Node does not find the journal of a
 * process that was killed, and would go on with half a transaction.
 */
export const SETTINGS = ["PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"];

/** A transaction over `exec(sql)`. */
export function transactionBy(exec) {
  return (work) => {
    exec("BEGIN IMMEDIATE");
    let result;
    try {
      result = work();
      exec("COMMIT");
    } catch (error) {
      try {
        exec("ROLLBACK");
      } catch {
        // SQLite has rolled back by itself.
      }
      throw error;
    }
    return result;
  };
}

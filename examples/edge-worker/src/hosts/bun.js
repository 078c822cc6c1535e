import { Database } from "bun:sqlite";
import { SETTINGS, transactionBy } from "./sqlite.js";

export function openStorage(file) {
  const database = new Database(file);
  const rows = (sql, ...values) => database.query(sql).all(...values);
  SETTINGS.forEach((sql) => rows(sql));
  return { rows, transaction: transactionBy((sql) => database.run(sql)) };
}

export async function serve(fetch, { hostname, port }) {
  return Bun.serve({ hostname, port, fetch }).port;
}

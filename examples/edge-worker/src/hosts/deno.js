import { DatabaseSync } from "node:sqlite";
import { SETTINGS, transactionBy } from "./sqlite.js";

export function openStorage(file) {
  const database = new DatabaseSync(file);
  const rows = (sql, ...values) => database.prepare(sql).all(...values);
  SETTINGS.forEach((sql) => rows(sql));
  return { rows, transaction: transactionBy((sql) => database.exec(sql)) };
}

export async function serve(fetch, { hostname, port }) {
  const server = Deno.serve({ hostname, port, onListen() {} }, fetch);
  return server.addr.port;
}

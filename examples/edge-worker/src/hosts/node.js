import { createRequestListener } from "@remix-run/node-fetch-server";
import { existsSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import sqlite from "node-sqlite3-wasm";
import { SETTINGS, transactionBy } from "./sqlite.js";

export function openStorage(file) {
  takeOver(file);
  const database = new sqlite.Database(file);
  const rows = (sql, ...values) => database.all(sql, values);
  SETTINGS.forEach((sql) => rows(sql));
  return { rows, transaction: transactionBy((sql) => database.exec(sql)) };
}

/** This SQLite locks a file by a folder beside it, which outlives a process that is killed. */
function takeOver(file) {
  const note = `${file}.owner`;
  const owner = existsSync(note) ? Number(readFileSync(note, "utf8")) : 0;
  if (owner > 0 && owner !== process.pid && isAlive(owner)) {
    throw new Error(`process ${owner} has ${file} open; stop it first, or remove ${note} if it is another program`);
  }
  writeFileSync(note, String(process.pid));
  if (existsSync(`${file}.lock`)) rmdirSync(`${file}.lock`);
}

function isAlive(process_id) {
  try {
    process.kill(process_id, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

export function serve(fetch, { hostname, port }) {
  const server = createServer(createRequestListener(fetch));
  return new Promise((resolve, reject) => server.once("error", reject).listen(port, hostname, () => resolve(server.address().port)));
}

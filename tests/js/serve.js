// A file server for tests: one folder, right media types, this machine only.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css",
  ".csv": "text/csv",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".tsv": "text/tab-separated-values",
  ".wasm": "application/wasm",
};

/**
 * Serves `folder`; files by path may be given as text, pages without an ending. With `gzip` it sends what most servers
 * would send over a network. Resolves to `{ origin, asked, sent(), close }`: what has been asked for, how many bytes of
 * bodies have been sent, and a way to end it.
 */
export async function serve(folder, pages = {}, headers = {}, { gzip = false } = {}) {
  const packed = new Map();
  const asked = [];
  let sent = 0;
  const server = createServer(async (request, response) => {
    asked.push(request.url);
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    try {
      const body = pages[path] ?? (await readFile(join(folder, normalize(path))));
      const type = TYPES[extname(path)] ?? (path in pages ? TYPES[".html"] : "application/octet-stream");
      if (!gzip) return response.writeHead(200, { "content-type": type, ...headers }).end(body);
      if (!packed.has(path)) packed.set(path, gzipSync(body, { level: 9 }));
      sent += packed.get(path).length;
      response.writeHead(200, { "content-type": type, "content-encoding": "gzip", ...headers }).end(packed.get(path));
    } catch {
      response.writeHead(404).end();
    }
    return undefined;
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    asked,
    sent: () => sent,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

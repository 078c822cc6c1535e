// A file server for tests: one folder, right media types, this machine only.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".css": "text/css",
  ".csv": "text/csv",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".tsv": "text/tab-separated-values",
  ".wasm": "application/wasm",
};

/** Serves `folder`; pages by path may be given as text. Resolves to `{ origin, close }`. */
export async function serve(folder, pages = {}, headers = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    try {
      const body = pages[path] ?? (await readFile(join(folder, normalize(path))));
      const type = path in pages ? TYPES[".html"] : (TYPES[extname(path)] ?? "application/octet-stream");
      response.writeHead(200, { "content-type": type, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

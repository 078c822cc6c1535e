// Keeps every file of the app, so that it works without a network after the first load. Knows no file of the user:
// those are read by the page and never asked for. A new version waits until every tab of the old one is closed, so that
// no page gets files of both.
const VERSION = "VERSION";
const FILES = ["FILES"];
const POLICY = "POLICY";
const name = `childlink-${VERSION}`;

/** Keeps a file under the policy of the page, so that it holds whoever opens the file, and however. */
async function keep(cache, file) {
  const response = await fetch(file, { cache: "no-cache" });
  if (!response.ok) throw new Error(`${file} is not there`);
  const headers = new Headers(response.headers);
  headers.set("content-security-policy", POLICY);
  headers.delete("content-encoding");
  await cache.put(file, new Response(await response.blob(), { headers }));
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(name);
      await Promise.all(FILES.map((file) => keep(cache, file)));
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((key) => key.startsWith("childlink-") && key !== name);
      await Promise.all(old.map((key) => caches.delete(key)));
      await self.clients.claim();
    })(),
  );
});

// What is kept answers first; what is not kept is asked of this host only, as the policy of the page demands.
self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  const file = pathname.endsWith("/") ? new URL("index.html", event.request.url) : event.request;
  event.respondWith(
    (async () => (await caches.match(file, { cacheName: name, ignoreSearch: true })) ?? fetch(event.request))(),
  );
});

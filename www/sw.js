// Keeps every file of the app, so that it works without a network after the first load. Knows no file of the user:
// those are read by the page and never asked for. A new version waits until every tab of the old one is closed, so that
// no page gets files of both.
const VERSION = "VERSION";
const FILES = ["FILES"];
const name = `childlink-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(name);
      await cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
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

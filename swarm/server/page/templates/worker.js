// Shows a page of its own while the server is not reached; keeps nothing else.
const CACHE = "{{ digest }}", OFFLINE = {{ url("/offline")|tojson }};
const FILES = {{ files|tojson }};

self.addEventListener("install", event => {
  event.waitUntil(caches.open(CACHE).then(cache => cache.addAll([OFFLINE, ...FILES])));
  self.skipWaiting();
});
self.addEventListener("activate", event => {
  const old = caches.keys().then(names => Promise.all(names.filter(name => name !== CACHE).map(name => caches.delete(name))));
  event.waitUntil(old.then(() => self.clients.claim()));
});
self.addEventListener("fetch", event => {
  const url = new URL(event.request.url);
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(caches.match(event.request).then(found => found || fetch(event.request)));
  }
});

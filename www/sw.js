// Keeps one build of the page in the browser: it opens without a network, and a tab that is open still finds its files
// after a new deployment. `cargo dev build` writes in which files those are.
//
// `files` are fetched when this is installed. `later` are large and needed by few: each is kept once it was loaded.
// It answers for these alone, and never for another origin.
const { id, program, files, later } = /* built */ {};

// Others may be served from the same origin.
const PREFIX = `pennybatch ${registration.scope} `;
const KEPT = PREFIX + id;
/** A network that answers nothing is none. */
const INDEX_MS_MAX = 4000;
/** Of this build or another one, whose tab may still be open. The embed's files are other people's. */
const HASHED = /\/(?!embed-)[\w-]+-[0-9a-f]{12}\.(?:js|wasm|css)$/;

const address = name => new URL(name, registration.scope).href;
const INDEX = address('./');
const NAMED = new Set([...files, ...later].map(address));
const LATER = new Set(later.map(address));

addEventListener('install', event => {
  // Calls to a provider don't even wake this worker, where the browser can be told so.
  event.addRoutes?.({ condition: { requestMethod: 'POST' }, source: 'network' })?.catch(() => undefined);
  event.waitUntil(keepBuild());
});

async function keepBuild() {
  const before = await Promise.all(later.map(async name => [address(name), await caches.match(address(name))]));
  const cache = await caches.open(KEPT);
  const index = await fetch(INDEX, { cache: 'reload' });
  // Another build's page would ask for files that this one hasn't.
  if (!index.ok || !(await index.clone().text()).includes(program)) throw new Error('The page is of another build.');
  await cache.put(INDEX, index);
  await cache.addAll(files.map(address));
  await Promise.all(before.map(([url, found]) => found && cache.put(url, found)));
}

addEventListener('activate', event => event.waitUntil((async () => {
  await clients.claim();
  if (await alone()) {
    const names = (await caches.keys()).filter(name => name.startsWith(PREFIX) && name !== KEPT);
    await Promise.all(names.map(name => caches.delete(name)));
  }
})()));

/** Whether no second tab is open, which may be of another build. */
async function alone() {
  return (await clients.matchAll({ type: 'window', includeUncontrolled: true })).length < 2;
}

// A page asks by the name of its program whether it is of this build. If so, and no other tab is open, this build takes
// over from the last one; else the person is told that there is a new version.
addEventListener('message', event => event.waitUntil((async () => {
  const same = event.data === program;
  if (same && await alone()) await skipWaiting();
  event.ports[0]?.postMessage(same);
})()));

addEventListener('fetch', event => {
  const { request } = event;
  if (request.method !== 'GET' || !request.url.startsWith(registration.scope)) return;
  const url = request.url.split(/[?#]/)[0];
  if (request.mode === 'navigate') {
    if (url === INDEX || url === address('index.html')) event.respondWith(index(request));
  } else if (NAMED.has(url) || HASHED.test(url)) {
    event.respondWith(file(event, url));
  }
});

/** As the host has it, else as it is kept. */
async function index(request) {
  const cache = await caches.open(KEPT);
  const kept = await cache.match(INDEX);
  if (!kept) return fetch(request);
  const late = new Promise(resolve => setTimeout(resolve, INDEX_MS_MAX, kept));
  const asked = fetch(request).then(answer => (answer.status < 500 ? answer : kept), () => kept);
  return Promise.race([asked, late]);
}

async function file(event, url) {
  const kept = await caches.match(url);
  if (kept) return kept;
  const answer = await fetch(event.request);
  if (answer.ok && LATER.has(url)) {
    const copy = answer.clone();
    event.waitUntil(caches.open(KEPT).then(cache => cache.put(url, copy)));
  }
  return answer;
}

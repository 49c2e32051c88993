// The page's side of sw.js: keeps this build in the browser unless the person has switched that off, and says when the host
// has a new version. It never reloads a page by itself.
const OFF = 'pennybatch-offline';
const SCOPE = new URL('./', location.href).href;
const PREFIX = `pennybatch ${SCOPE} `;
const ASK_EVERY_MS = 3_600_000;
const workers = navigator.serviceWorker;
// The program of the page that is open: another build has another one.
const program = new URL(document.querySelector('script[data-program]').src).pathname.split('/').pop();

const isOff = () => {
  try {
    return localStorage.getItem(OFF) === 'off';
  } catch {
    return true;
  }
};

async function keep() {
  const registration = await workers.register('sw.js', { updateViaCache: 'none' });
  const meet = async worker => {
    if (worker && !(await isOurs(worker))) offer();
  };
  meet(registration.waiting);
  registration.addEventListener('updatefound', () => {
    const arriving = registration.installing;
    arriving?.addEventListener('statechange', () => {
      if (arriving.state === 'installed' && registration.active) meet(arriving);
    });
  });
  let asked = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible' || Date.now() - asked < ASK_EVERY_MS) return;
    asked = Date.now();
    registration.update().catch(() => undefined);
  });
}

/** Whether a worker keeps the build that this page is of. */
function isOurs(worker) {
  return new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.postMessage(program, [port2]);
  });
}

function offer() {
  if (document.querySelector('.new-version')) return;
  const bar = document.createElement('div');
  bar.className = 'new-version';
  const words = document.createElement('p');
  words.setAttribute('role', 'status');
  const button = (name, press) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.className = 'button';
    made.textContent = name;
    made.addEventListener('click', press);
    return made;
  };
  bar.append(words, button('Reload', () => location.reload()), button('Not now', () => bar.remove()));
  document.body.append(bar);
  words.textContent = 'A new version of Pennybatch is here. This page keeps working until you reload it.';
}

async function forget() {
  for (const registration of await workers.getRegistrations()) {
    if (registration.scope === SCOPE) await registration.unregister();
  }
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX)) await caches.delete(name);
  }
}

// A browser that keeps nothing (a private window, a page over plain http) has nothing to do here.
const follow = () => (isOff() ? forget() : keep()).catch(why => console.info(`Not kept for offline use: ${why}`));
if (workers && globalThis.caches) {
  // What the page needs now goes first.
  if (document.readyState === 'complete') follow();
  else addEventListener('load', follow);
  // The switch in the settings.
  addEventListener('pennybatch-offline', follow);
}

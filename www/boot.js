// Before the first paint: the theme that the person chose; and which opening page the address asks for, if the HTML
// holds that one. Until the page is alive, nothing in it takes a click or a key that would be lost. The page ends all of it.
const root = document.documentElement;
try {
  const theme = localStorage.getItem('pennybatch-theme');
  if (theme) root.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has nothing to say.
}
if (location.hash.length > 2) root.dataset.elsewhere = /^#\/run\/?(?:[?&]|$)/.test(location.hash) ? 'run' : '';
root.inert = true;
const NEEDED = 'script[data-program]';

const SLOW_MS = 30_000;

const tell = (words, place) => {
  // What is there can still be read.
  root.inert = false;
  if (document.querySelector('.stopped')) return;
  const note = document.createElement('p');
  note.className = 'stopped';
  note.setAttribute('role', 'alert');
  note.textContent = words;
  const reload = document.createElement('button');
  reload.type = 'button';
  reload.className = 'button';
  reload.textContent = 'Reload';
  reload.onclick = () => location.reload();
  note.append(' ', reload);
  place.prepend(note);
};

// Captured, since a script that can't be fetched tells only its own element.
addEventListener('error', event => {
  // The page can do without an icon or a picture.
  if (event.target instanceof Element && !event.target.matches(NEEDED)) return;
  // The program never came, or stopped: no button works.
  if (root.inert || document.querySelector('#app .stopped')) {
    tell("This page didn't load completely. Check your connection and reload it.", document.body);
  } else if (event.error instanceof WebAssembly.RuntimeError) {
    const fault = root.dataset.fault ?? event.error.message;
    tell('This page has stopped working. What is done is saved: reload the page to continue. ' +
      `If it happens again, report it with these words: ${fault}.`, document.body);
  }
}, true);

// A browser may never finish with a program, and says nothing. One that comes after all draws over these words.
setTimeout(() => {
  if (root.inert) {
    tell('This page is taking a long time to start. If your connection is fine, reload it.', document.getElementById('app'));
  }
}, SLOW_MS);

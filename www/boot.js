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
const NEEDED = 'script[data-program], link[rel=stylesheet]';

// Captured, since a script that can't be fetched tells only its own element.
addEventListener('error', event => {
  // The page can do without an icon or a picture.
  if (event.target instanceof Element && !event.target.matches(NEEDED)) return;
  const started = !root.inert;
  // What is there can still be read.
  root.inert = false;
  // The program stopped, or never came: no button works.
  if ((!started || event.error instanceof WebAssembly.RuntimeError) && !document.querySelector('.stopped')) {
    const note = document.createElement('p');
    note.className = 'stopped';
    note.setAttribute('role', 'alert');
    note.textContent = started
      ? 'This page has stopped working. What is done is saved: reload the page to continue. ' +
        `If it happens again, report it with these words: ${root.dataset.fault ?? event.error.message}.`
      : "This page didn't load completely. Check your connection and reload it.";
    const reload = document.createElement('button');
    reload.type = 'button';
    reload.className = 'button';
    reload.textContent = 'Reload';
    reload.onclick = () => location.reload();
    note.append(' ', reload);
    document.body.prepend(note);
  }
}, true);

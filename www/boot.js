// Before the first paint: the theme that the person chose; and nothing of the opening page where the address asks for
// another one. Until the page is alive, nothing in it takes a click or a key that would be lost. The page ends all of it.
const root = document.documentElement;
try {
  const theme = localStorage.getItem('pennybatch-theme');
  if (theme) root.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has nothing to say.
}
if (location.hash.length > 2) root.dataset.elsewhere = '';
root.inert = true;

addEventListener('error', event => {
  // If the page didn't start, what is there can still be read.
  root.inert = false;
  // The program stopped: from now on no button works.
  if (event.error instanceof WebAssembly.RuntimeError && !document.querySelector('.stopped')) {
    const note = document.createElement('p');
    note.className = 'stopped';
    note.setAttribute('role', 'alert');
    note.textContent = 'This page has stopped working. What is done is saved: reload the page to continue.';
    document.body.prepend(note);
  }
});

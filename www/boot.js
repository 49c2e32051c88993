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
// The page doesn't start: what is there can still be read.
addEventListener('error', () => { root.inert = false; }, { once: true });

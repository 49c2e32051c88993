// Before the first paint: the theme that the person chose; and nothing of the opening page where the address asks for
// another one. The page itself takes both over.
try {
  const theme = localStorage.getItem('pennybatch-theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has nothing to say.
}
if (location.hash.length > 2) document.documentElement.dataset.elsewhere = '';

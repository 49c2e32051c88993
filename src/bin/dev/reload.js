// Loaded only from `cargo dev serve`: a new build, or a server that came back, reloads the page.
const events = new EventSource("/__reload");
let wasOpen = false;
events.addEventListener("reload", () => location.reload());
events.addEventListener("open", () => {
  if (wasOpen) location.reload();
  wasOpen = true;
});

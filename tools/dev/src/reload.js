// Loaded only from `cargo dev serve`: reloads the page when the server has another build than the one it came from.
const mine = new URL(import.meta.url).searchParams.get("build");
new EventSource("/__reload").addEventListener("build", (event) => {
  if (event.data !== mine) location.reload();
});

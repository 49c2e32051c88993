// Each frame is as high as what it holds: embed.html tells its height, and so does every page of this gallery.

const page = new URL('../', import.meta.url).origin;

window.addEventListener('message', event => {
  if (event.origin !== page || event.data?.type !== 'pennybatch:height') return;
  const frame = [...document.querySelectorAll('iframe')].find(frame => frame.contentWindow === event.source);
  // Set through the object model, which a policy against inline styles allows.
  if (frame) frame.style.height = `${Number(event.data.height)}px`;
});

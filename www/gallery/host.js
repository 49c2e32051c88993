// For the gallery alone: the host writes down what it hears, and tells its height to the frame around it.

document.addEventListener('change', event => {
  const { model, async: run, calls } = event.detail ?? {};
  if (model === undefined) return;
  document.querySelector('output').textContent = `${calls} calls of ${model}: ${run.cost} in ${run.time}`;
});

new ResizeObserver(() => {
  const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
  window.parent.postMessage({ type: 'pennybatch:height', height }, '*');
}).observe(document.documentElement);

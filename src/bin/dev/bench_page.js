// Moves every slider of the calculator end to end and posts what a step costs: the estimates alone, the whole task
// (estimates, drawing into the document), and from the input to the paint. A step is made at the beginning of a frame,
// where browsers hand out the moves of a pointer; its paint is over when a message sent from there arrives.
const STEPS_MIN = 200;
const computed = [];
globalThis.pennybatchMeasured = ms => computed.push(ms);

const post = line => fetch('/measured', { method: 'POST', body: line });
const frame = () => new Promise(done => requestAnimationFrame(done));
const afterPaint = () => new Promise(done => {
  const channel = new MessageChannel();
  channel.port1.onmessage = done;
  channel.port2.postMessage(0);
});
const quantile = (all, share) => {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.round((sorted.length - 1) * share))];
};
const words = (name, all) =>
  `${name}: median ${quantile(all, 0.5).toFixed(2)} ms, p95 ${quantile(all, 0.95).toFixed(2)} ms, most ${Math.max(...all).toFixed(2)} ms (${all.length} steps)`;

async function sliders() {
  for (;;) {
    const found = document.querySelectorAll('input[type=range]');
    if (found.length >= 5) return [...found];
    await frame();
  }
}

async function measure() {
  const all = await sliders();
  for (let warm = 0; warm < 30; warm += 1) await frame();
  const tasks = [];
  const paints = [];
  for (const slider of all) {
    const last = Number(slider.max);
    const steps = Math.max(STEPS_MIN, Math.min(last, 400));
    for (let step = 0; step <= steps; step += 1) {
      const value = String(Math.round((last * step) / steps));
      if (slider.value === value) continue;
      await frame();
      const began = performance.now();
      slider.value = value;
      slider.dispatchEvent(new InputEvent('input', { bubbles: true }));
      // The page draws in microtasks, which are over before this goes on.
      await Promise.resolve();
      await new Promise(done => queueMicrotask(done));
      tasks.push(performance.now() - began);
      await afterPaint();
      paints.push(performance.now() - began);
    }
  }
  await post(words('estimates of all models', computed));
  await post(words('task of a step', tasks));
  await post(words('input to paint', paints));
  await post('end');
}

measure().catch(error => post(`failed: ${error}`).then(() => post('end')));

// Moves every slider of the calculator end to end and posts what a step costs: the estimates of all models alone, the
// whole task (estimates, drawing into the document), from the input to the paint, and from one step's frame to the next,
// which is longer than the screen's own where what follows a paint is. A step is made at the beginning of a frame, where
// browsers hand out the moves of a pointer; its paint is over when a message sent from there arrives.
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
    // The comparisons follow the sliders too, so they are part of what is measured.
    if (found.length >= 5 && document.querySelector('.cost-by-model')) return [...found];
    await frame();
  }
}

async function measure() {
  const all = await sliders();
  for (let warm = 0; warm < 30; warm += 1) await frame();
  const tasks = [];
  const paints = [];
  const frames = [];
  for (const slider of all) {
    const last = Number(slider.max);
    const steps = Math.max(STEPS_MIN, Math.min(last, 400));
    let before;
    for (let step = 0; step <= steps; step += 1) {
      const value = String(Math.round((last * step) / steps));
      if (slider.value === value) continue;
      await frame();
      const began = performance.now();
      if (before !== undefined) frames.push(began - before);
      before = began;
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
  await post(words('frame to frame', frames));
  await post('end');
}

measure().catch(error => post(`failed: ${error}`).then(() => post('end')));

// Asks the benchmark for a step, does it and reports: a run of the page, pressed as a person would, or the same calls in a
// bare loop. Nothing here goes on while calls are measured, but for a look at the tab's title.
const LOOK_MS = 250;

const post = (path, body) => fetch(path, { method: 'POST', body });
const sleep = ms => new Promise(done => setTimeout(done, ms));

async function found(what, find) {
  for (let looks = 0; looks < 600; looks += 1) {
    const it = find();
    if (it) return it;
    await sleep(100);
  }
  throw new Error(`the page shows no ${what}`);
}

const field = name =>
  found(name, () => [...document.querySelectorAll('label')].find(label => label.textContent.trim() === name)?.control);
const button = name =>
  found(`button ${name}`, () => [...document.querySelectorAll('button:not([disabled]):not([aria-disabled])')]
    .find(button => button.textContent.trim() === name));

async function type(name, text) {
  const input = await field(name);
  input.value = text;
  input.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

async function chooseData(step) {
  const rows = Array.from({ length: step.rows }, (_, row) => `r${row},Row ${step.number}-${row}`);
  const files = new DataTransfer();
  files.items.add(new File([['id,name', ...rows, ''].join('\n')], 'rows.csv', { type: 'text/csv' }));
  const input = await field('Data file');
  input.files = files.files;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  const count = `${step.rows.toLocaleString('en')} rows`;
  await found(count, () => document.body.textContent.includes(count));
}

async function product(step) {
  await chooseData(step);
  const provider = await field('Provider');
  provider.value = [...provider.options].find(option => /OpenAI-compatible/i.test(option.textContent)).value;
  provider.dispatchEvent(new Event('change', { bubbles: true }));
  await sleep(LOOK_MS);
  await type('Base URL', step.base_url);
  await type('Model', 'gpt-4o-mini');
  await type('System prompt', step.system);
  await type('User prompt', '{{name}}');
  await type('Max output tokens', '16');
  await type('Concurrency', String(step.in_flight));
  await sleep(1_000);
  const estimated = () => document.querySelector('.estimate-panel')?.getAttribute('aria-busy') === 'false';
  await found('estimate', estimated);
  const start = await button('Start run');
  await post('/bench/begin');
  start.click();
  await found('run', () => document.querySelector('[role=progressbar]'));
  while (!/^Finished/.test(document.title)) await sleep(LOOK_MS);
}

async function bare(step) {
  const worker = new Worker('bench-run-bare.js', { type: 'module' });
  await sleep(1_000);
  await post('/bench/begin');
  await new Promise((done, failed) => {
    worker.onmessage = done;
    worker.onerror = failed;
    worker.postMessage(step);
  });
  worker.terminate();
}

async function main() {
  const step = await (await fetch('/bench/next')).json();
  if (step.page !== `${location.origin}/` || location.hash !== '#/run') {
    location.assign(`${step.page}#/run`);
    if (step.page === `${location.origin}/`) location.reload();
    return;
  }
  await found('run page that takes input', () => !document.documentElement.inert && !document.querySelector('.opening'));
  await button('Sample data');
  await (step.bare ? bare : product)(step);
  await post('/bench/end');
  location.reload();
}

main().catch(error => post('/bench/failed', String(error?.message ?? error)));

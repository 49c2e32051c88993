// Without a network, and beside a new deployment, in each engine.

import { clockLines, FAST } from './support/clock';
import { numberedRows } from './support/data';
import { doneRows, startRun, untilFinished } from './support/engines/run';
import { expect, test, type Screen } from './support/engines/test';

test.describe.configure({ mode: 'default' });
test.use({ speed: FAST });

const SAMPLE_ROWS = 500;
const ROWS = 12;
const SCHEMA = '{"type": "object", "properties": {"category": {"type": "string"}}, "required": ["category"]}';

/** Waits until this build is kept. */
async function untilKept(screen: Screen): Promise<void> {
  await expect.poll(() => screen.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated');
}

test('loaded once, the page opens without a network: the calculator answers, a Demo run ends', async ({ screen, serveWith }) => {
  const host = await serveWith(clockLines(FAST));
  await screen.open(host.address);
  await untilKept(screen);
  await host.close();
  await screen.open(`${host.address}#/?model=gpt-4o-mini`);
  await screen.fill('API calls', '10,000');
  await screen.untilSays('group', 'Sequential', /\$0\.675/);
  await screen.open(`${host.address}#/run`);
  await screen.click('button', 'Sample data');
  await startRun(screen);
  await untilFinished(screen);
  expect(await doneRows(screen)).toBe(SAMPLE_ROWS);
});

test('a tab that is open finds its files after a new deployment, and the new version is offered', async ({ screen, serveWith }) => {
  // In real time: the worker waits ten seconds for the validator.
  const host = await serveWith('');
  await screen.open(`${host.address}#/run`);
  await screen.give('Data file', numberedRows(ROWS));
  await screen.untilSays('region', 'Before you start', /./);
  await untilKept(screen);
  host.deploy();
  const gone = await screen.evaluate(() => fetch(document.querySelector<HTMLScriptElement>('script[data-program]')!.src, { cache: 'reload' })
    .then(answer => answer.status));
  expect(gone, 'a file of the build that is open').toBe(200);
  await screen.fill('User prompt', '{{name}}');
  await screen.choose('Answer format', 'JSON schema');
  await screen.fill('JSON schema', SCHEMA);
  // The worker starts the validator before anything is sent.
  await startRun(screen);
  await untilFinished(screen);
  expect(await doneRows(screen)).toBe(ROWS);

  await screen.evaluate(() => navigator.serviceWorker.getRegistration().then(registration => registration!.update()).then(() => undefined));
  await expect.poll(() => screen.evaluate(() => document.querySelector('.new-version')?.textContent ?? '')).toContain('A new version');
  await screen.click('button', 'Reload');
  await expect.poll(() => screen.evaluate(() => performance.getEntriesByType('navigation').length > 0
    && document.querySelector('.new-version') === null).catch(() => false)).toBe(true);
  await screen.untilAlive();
  await untilKept(screen);
  await expect.poll(() => screen.evaluate(() => caches.keys().then(names => names.length)), 'the last build is dropped').toBe(1);
});

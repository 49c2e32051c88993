// What the worker finds out about lanes: answers that any of them gave before, and a server that speaks HTTP/1.1. And
// what it never shares: answers that nobody could check.

import { numberedRows, readJsonl, records } from './support/data';
import { BRIEF } from './support/prompts';
import { readyRunner } from './support/runner';
import { expect, test } from './support/test';

const ROWS = 40;

test('a second run over two endpoints pays for no row again', async ({ page, startMock }) => {
  const mocks = [await startMock('--latency-ms', '40'), await startMock('--latency-ms', '40')];
  const entries = { 'Base URL': mocks[0].baseUrl, 'System prompt': BRIEF, 'User prompt': '{{name}}', 'Concurrency': 2 };
  const runner = await readyRunner(page, numberedRows(ROWS), entries);
  await runner.openMore();
  await runner.button('Add another key').click();
  await page.getByLabel('Base URL, lane 2', { exact: true }).fill(mocks[1].baseUrl);
  await runner.start();
  await runner.untilFinished();
  const paid = async () => Promise.all(mocks.map(async mock => (await mock.totals()).billed));
  const first = await paid();
  expect(Math.min(...first), 'both lanes answered').toBeGreaterThan(0);
  await runner.button('New run').click();
  await runner.start();
  await runner.untilFinished();
  expect((await runner.line()).cacheHits).toBe(ROWS);
  expect(await paid()).toEqual(first);
});

test('a server that speaks HTTP/1.1 behind https has six calls in flight at most, and the page says so', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '300');
  const runner = await readyRunner(page, numberedRows(200), {
    'Base URL': mock.baseUrl, 'System prompt': BRIEF, 'User prompt': '{{name}}', 'Concurrency': 20,
  });
  // What the browser tells of each answer, as from behind a proxy that reads along.
  const worker = page.workers().find(worker => /\/worker-[^/]*\.js$/.test(worker.url()))!;
  await worker.evaluate(() => {
    performance.getEntriesByName = () => [{ nextHopProtocol: 'http/1.1' }] as unknown as PerformanceEntryList;
  });
  await runner.start();
  await expect(page.getByText(/At most 6 calls are in flight from here on: the server speaks HTTP\/1\.1/)).toBeVisible();
  await expect.poll(async () => (await mock.totals()).open).toBeLessThanOrEqual(6);
  await runner.untilFinished();
});

/** Put before the worker's own script: a validator that takes the schema and answers nothing after it. Its deadline passes at once. */
const MUTE = `{
  self.Worker = class {
    constructor() { setTimeout(() => this.onmessage({ data: 'ready' })); }
    postMessage(asked) { if ('Schema' in asked) setTimeout(() => this.onmessage({ data: { Schema: null } })); }
    terminate() {}
  };
  const { setTimeout } = self;
  self.setTimeout = (then, ms, ...more) => setTimeout(then, ms === 10_000 ? 0 : ms, ...more);
}\n`;

test('an answer whose check does not come back in time is kept, marked, not asked again and not shared', async ({ page, startMock, serveWith }) => {
  const mock = await startMock();
  const served = await serveWith(MUTE);
  const rows = 3;
  const runner = await readyRunner(page, numberedRows(rows), {
    'Base URL': mock.baseUrl, 'System prompt': BRIEF, 'User prompt': '{{name}}', 'Concurrency': 1,
  }, `${served.address}#/run`);
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('JSON schema');
  await page.getByRole('textbox', { name: 'JSON schema', exact: true }).fill('{"type": "object"}');
  await page.getByLabel('Re-ask when the answer doesn\'t fit', { exact: true }).fill('3');
  await runner.start();
  await runner.untilFinished();
  const lines = records(await runner.export('Export CSV'));
  expect(lines).toHaveLength(rows);
  for (const line of lines) {
    expect(line.result, 'it is kept').not.toBe('');
    expect(line).toMatchObject({ state: 'succeeded', attempts: '1', misfit: 'could not be checked: it takes longer than 10 seconds' });
  }
  expect(readJsonl(await runner.export('Export JSONL'))).toHaveLength(rows);
  expect((await mock.totals()).billed, 'none is asked again').toBe(rows);
  await runner.button('New run').click();
  await runner.start();
  await runner.untilFinished();
  expect((await runner.line()).cacheHits).toBe(0);
  expect((await mock.totals()).billed, 'none is taken from the cache').toBe(2 * rows);
});

test('what does not fit is asked again only where the new answers can be checked', async ({ page, startMock }) => {
  const mock = await startMock();
  const rows = 3;
  const runner = await readyRunner(page, numberedRows(rows), {
    'Base URL': mock.baseUrl, 'System prompt': BRIEF, 'User prompt': '{{name}}',
  });
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('JSON schema');
  await page.getByRole('textbox', { name: 'JSON schema', exact: true }).fill('{"type": "object"}');
  await runner.start();
  await runner.untilFinished();
  expect(records(await runner.export('Export CSV')).map(row => row.state)).toEqual(Array(rows).fill('misfit'));
  await page.goto('./#/runs');
  await page.reload();
  await page.getByRole('link', { name: 'Open rows.csv', exact: true }).click();
  await runner.untilFinished();
  // A validator that never takes the schema, and its deadline passes at once.
  const worker = page.workers().find(worker => /\/worker-[^/]*\.js$/.test(worker.url()))!;
  await worker.evaluate(() => {
    const { setTimeout } = self;
    class Mute {
      onmessage: (told: { data: string }) => void = () => {};
      constructor() {
        setTimeout(() => this.onmessage({ data: 'ready' }));
      }
      postMessage(): void {}
      terminate(): void {}
    }
    const shortened = (then: () => void, ms?: number) => setTimeout(then, ms === 10_000 ? 0 : ms);
    Object.assign(self, { Worker: Mute, setTimeout: shortened });
  });
  await runner.button('Ask again').click();
  await expect(page.getByRole('alert').filter({ hasText: 'Nothing was sent.' })).toBeVisible();
  await runner.untilFinished();
  expect((await mock.totals()).billed).toBe(rows);
});

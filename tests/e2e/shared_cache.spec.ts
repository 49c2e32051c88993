// What the worker finds out about lanes: answers that any of them gave before, and a server that speaks HTTP/1.1.

import { numberedRows } from './support/data';
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

// Several keys in one run: each lane has its own limits and its own failures, and a lane that dies loses nothing.

import { billed, expectedAnswer, type Mock } from './support/mock';
import { readJsonl, records, movies, firstRows } from './support/data';
import { SORT_FILMS } from './support/prompts';
import { readyRunner, type Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const ROWS = 240;

async function twoLanes(page: Page, mocks: [Mock, Mock]): Promise<Runner> {
  const runner = await readyRunner(page, firstRows(movies(), ROWS), {
    'Base URL': mocks[0].baseUrl, 'API key': 'key-number-one', 'Concurrency': 4, 'Budget': '1',
  });
  await runner.openMore();
  await runner.button('Add another key').click();
  await page.getByLabel('Base URL, lane 2', { exact: true }).fill(mocks[1].baseUrl);
  await page.getByLabel('API key, lane 2', { exact: true }).fill('key-number-two');
  return runner;
}

test('of two keys one dies midway: the other finishes, nothing is lost, and the ledger adds up', async ({ page, startMock }) => {
  const mocks: [Mock, Mock] = [
    await startMock('--latency-ms', '60', '--api-key', 'key-number-one', '--hold-from', '50'),
    await startMock('--latency-ms', '60', '--api-key', 'key-number-two', '--hold-from', '50'),
  ];
  const runner = await twoLanes(page, mocks);
  await runner.start();
  const lanes = page.getByRole('list', { name: 'Lanes' }).getByRole('listitem');
  await expect(lanes).toHaveCount(2);

  await runner.untilDone(100);
  await mocks[1].set({ api_key: 'revoked', hold_from: null });
  await expect(lanes.nth(1)).toContainText('Stopped: The provider refused the key');
  await mocks[0].release();
  await expect(lanes.nth(0)).not.toContainText('Stopped');
  await runner.untilFinished();

  const line = await runner.line();
  expect([line.done, line.total]).toEqual([ROWS, ROWS]);
  const input = records(firstRows(movies(), ROWS).buffer.toString());
  const results = readJsonl(await runner.export('Export JSONL'));
  expect(results.map(({ id, result }) => ({ id, result }))).toEqual(
    input.map(row => ({ id: row.id, result: expectedAnswer(SORT_FILMS, row.title) })));

  // Both keys' own books, and the page's.
  const books = [await mocks[0].ledger(), await mocks[1].ledger()];
  const spend = await runner.spend();
  expect(spend).toEqual({ confirmed: billed(books[0].calls) + billed(books[1].calls), doubtful: 0n });
  const ledger = records(await runner.export('Export ledger'));
  const cost = (lines: Record<string, string>[]) => lines.reduce((sum, { cost_pico_usd }) => sum + BigInt(cost_pico_usd || 0), 0n);
  expect(cost(ledger), 'the ledger adds up to the confirmed spend').toBe(spend.confirmed);
  for (const [lane, { calls }] of books.entries()) {
    const own = ledger.filter(attempt => attempt.lane === `Lane ${lane + 1}`);
    expect(cost(own), `lane ${lane + 1}`).toBe(billed(calls));
    expect(calls.filter(call => call.billed).length).toBeGreaterThan(30);
  }
  const settled = ledger.filter(attempt => attempt.state === 'settled');
  expect(new Set(settled.map(attempt => attempt.item)).size, 'no row is paid twice').toBe(settled.length);
});

test('the check tells of each lane, and nothing of a key that is another one by now', async ({ page, startMock }) => {
  const mocks: [Mock, Mock] = [
    await startMock('--api-key', 'key-number-one'), await startMock('--api-key', 'quite-another-key'),
  ];
  const runner = await twoLanes(page, mocks);
  await runner.button('Check connection').click();
  await expect(page.getByText(/^Lane 1: The server answers .*takes the key/)).toBeVisible();
  const refused = page.getByText(/^Lane 2: The provider refused the key \(401\)\./);
  await expect(refused).toBeVisible();
  await expect(refused, 'no run has begun').not.toContainText(/results|resume/);
  await page.getByLabel('API key, lane 2', { exact: true }).fill('quite-another-key');
  await expect(refused).toHaveCount(0);
  await runner.button('Check connection').click();
  await expect(page.getByText(/^Lane 2: The server answers .*takes the key/)).toBeVisible();
});

test('a lane that was stopped by a wrong key is given another and resumed while the run goes on', async ({ page, startMock }) => {
  const mocks: [Mock, Mock] = [
    await startMock('--latency-ms', '200', '--api-key', 'key-number-one', '--hold-from', '0'),
    await startMock('--latency-ms', '20', '--api-key', 'quite-another-key'),
  ];
  const runner = await twoLanes(page, mocks);
  await runner.start();
  const second = page.getByRole('list', { name: 'Lanes' }).getByRole('listitem').nth(1);
  await expect(second).toContainText('Stopped: The provider refused the key');
  await second.getByLabel('API key, lane 2').fill('quite-another-key');
  await second.getByRole('button', { name: 'Use key for lane 2' }).click();
  await expect(second).not.toContainText('Stopped');
  await mocks[0].release();
  await runner.untilFinished();
  const { totals } = await mocks[1].ledger();
  expect(totals.billed, 'the lane works with its new key').toBeGreaterThan(100);
  expect((await runner.line()).done).toBe(ROWS);
});

test('after a reload each lane asks for its own key, and goes on without a lane whose key is left out', async ({ page, startMock }) => {
  const mocks: [Mock, Mock] = [
    await startMock('--latency-ms', '100', '--api-key', 'key-number-one', '--hold-from', '10'),
    await startMock('--latency-ms', '100', '--api-key', 'key-number-two', '--hold-from', '10'),
  ];
  const runner = await twoLanes(page, mocks);
  await runner.start();
  await runner.untilDone(20);
  await runner.pause(...mocks);
  await page.reload();
  await runner.button('Resume run').click();
  await expect(page.getByLabel('API key, lane 2', { exact: true })).toBeVisible();
  await page.getByLabel('API key', { exact: true }).fill('key-number-one');
  await runner.button('Use key for lane 1').click();
  const before = (await mocks[1].totals()).requests;
  await expect(runner.button('Send again'), 'nothing was in flight').toHaveCount(0);
  await runner.button('Resume').click();
  await runner.untilFinished();
  expect((await runner.line()).done).toBe(ROWS);
  expect((await mocks[1].totals()).requests, 'nothing is sent on a lane without its key').toBe(before);
});

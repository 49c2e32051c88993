// `Try 5 rows`: a few real calls before the run, counted, compared and not paid twice.

import { expectedAnswer } from './support/mock';
import { firstRows, movies, numberedRows, records } from './support/data';
import { SORT_FILMS } from './support/prompts';
import { readyRunner } from './support/runner';
import { expect, test } from './support/test';

const ROWS = 60;

test('five rows on two models: answers, cost and projection, and the run does not pay them again', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '30');
  const data = firstRows(movies(), ROWS);
  const input = records(data.buffer.toString());
  const runner = await readyRunner(page, data, { 'Base URL': mock.baseUrl, 'Concurrency': 4, 'Budget': '0.5' });
  const second = page.getByRole('combobox', { name: 'Second model', exact: true });
  await second.fill('gpt-4o');
  await second.press('Escape');
  const tries = runner.button('Try 5 rows');
  await tries.click();
  await expect(tries, 'the focus stays where the trial was asked for').toBeFocused();

  const table = page.getByRole('table', { name: 'Trial answers' });
  await expect(table.getByRole('row')).toHaveCount(6);
  const { totals, calls } = await mock.ledger();
  expect(totals.requests).toBe(10);
  const tried = calls.filter(call => call.model === 'gpt-4o-mini').map(call => call.message);
  expect(new Set(tried).size).toBe(5);
  for (const title of tried) {
    await expect(table).toContainText(expectedAnswer(SORT_FILMS, title));
    expect(input.some(row => row.title === title)).toBe(true);
  }
  const models = page.getByRole('list', { name: 'Trial by model' }).getByRole('listitem');
  await expect(models.first()).toContainText('gpt-4o-mini: ');
  await expect(models.first()).toContainText('for 5 calls');
  await expect(models.first()).toContainText('with 95% confidence');
  await expect(models.first()).toContainText('Max output tokens');
  await expect(page.getByText('are taken off the next run\'s budget')).toBeVisible();

  await runner.start();
  await expect(page.getByText('Trials took')).toBeVisible();
  await runner.untilFinished();
  const after = (await mock.ledger()).calls.filter(call => call.model === 'gpt-4o-mini');
  for (const title of tried) {
    expect(after.filter(call => call.message === title).length, `${title} is asked once`).toBe(1);
  }
  expect((await runner.line()).cacheHits).toBeGreaterThanOrEqual(5);
});

test('a trial keeps to the budget and says so', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '10');
  const runner = await readyRunner(page, firstRows(movies(), ROWS), {
    'Base URL': mock.baseUrl, 'Max output tokens': 1000, 'Concurrency': 4, 'Budget': '0.0005',
  });
  await runner.button('Try 5 rows').click();
  await expect(page.getByText("What is left of the budget doesn't fit the next call.")).toBeVisible();
  // One call could cost 1,000 tokens of output, $0.0006, and more for its input.
  expect((await mock.totals()).requests).toBe(0);
});

test('rows of a file that was replaced meanwhile are not shown with the next one', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '2000');
  const runner = await readyRunner(page, firstRows(movies(), ROWS), { 'Base URL': mock.baseUrl, 'Concurrency': 8, 'Budget': '0.5' });
  const tries = runner.button('Try 5 rows');
  await tries.click();
  await expect.poll(async () => (await mock.totals()).requests).toBeGreaterThan(0);
  await runner.chooseData(numberedRows(40));
  await expect(page.getByText("Other data was opened while rows were tried, so their answers aren't shown.")).toBeVisible();
  await expect(page.getByRole('table', { name: 'Trial answers' })).toHaveCount(0);
  expect((await mock.totals()).requests, 'they were paid for').toBe(5);
});

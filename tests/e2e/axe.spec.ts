// axe on every page and in the states that a person usually gets to, in light and in dark. axe_states.spec.ts has the others.

import type { Locator } from '@playwright/test';
import { clean } from './support/axe';
import { firstRows, movies, numberedRows } from './support/data';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const number = (page: Page, name: string) => page.getByRole('spinbutton', { name, exact: true });

/** The calculator with its longest part, which comes last. */
async function calculator(page: Page): Promise<Locator> {
  await page.goto('./#/');
  const table = page.getByRole('table', { name: 'Cost by model' });
  await expect(table).toBeVisible();
  return table;
}

test('the calculator: opening, everything open, what is refused', async ({ page }) => {
  await calculator(page);
  await clean(page, 'opening values');

  await new Runner(page).expand('Advanced');
  await number(page, 'API calls').fill('0');
  await number(page, 'Shared prompt prefix').fill('900');
  await number(page, 'Requests per minute').fill('500');
  await number(page, 'Budget').fill('0.1');
  await number(page, 'Deadline').fill('0.5');
  await expect(page.getByText(/API calls goes from 1/)).toBeVisible();
  await expect(page.getByText(/Misses your deadline|May miss your deadline/).first()).toBeVisible();
  await clean(page, 'all open, with refusals, limits and misses');
});

test('the calculator: the list of models', async ({ page }) => {
  await calculator(page);
  await page.getByRole('combobox', { name: 'Model', exact: true }).click();
  await expect(page.getByRole('option').first()).toBeVisible();
  await clean(page, 'the list of models');
});

test('the calculator: comparisons, the file reader, no model found', async ({ page }) => {
  const table = await calculator(page);
  await page.getByRole('button', { name: /^Show all/ }).click();
  for (const id of ['gpt-4o-mini', 'claude-opus-5', 'gpt-4o', 'gpt-5-mini']) await press(page, `Pin ${id}`);
  await page.getByRole('switch', { name: 'Show retired' }).check();
  await expect(page.getByRole('table', { name: 'Side by side' })).toContainText('gpt-5-mini');
  await press(page, 'Estimate from a file');
  await expect(page.getByLabel('Data file')).toBeVisible();
  await clean(page, 'four models side by side, retired ones, the file reader');
  await page.getByRole('searchbox', { name: 'Filter models' }).fill('nobody');
  await expect(table).toContainText('No model has that');
  await clean(page, 'no model found');
});

test('the calculator: a simulation', async ({ page }) => {
  await page.goto('./#/?model=nowhere&calls=300&in=250&out=50&dup=10&rpm=100');
  await press(page, 'Simulate this run');
  await expect(page.getByRole('region', { name: 'Simulation' }).getByText(/runs of the engine/)).toBeVisible();
  await clean(page, 'a simulation, and a link of which parts were left out');
});

test('the runner: its steps with data, answer formats, lanes, a trial, and what is refused', async ({ page }) => {
  const runner = new Runner(page);
  await runner.open();
  await clean(page, 'empty');
  await runner.chooseSample();
  await clean(page, 'sample data');

  const format = page.getByRole('combobox', { name: 'Answer format', exact: true });
  await format.selectOption('Labels');
  await page.getByRole('textbox', { name: 'Labels', exact: true }).fill('dairy\nDairy');
  await runner.field('User prompt').fill('{{nothing}}');
  await runner.field('Budget').fill('a lot');
  await runner.field('Budget').blur();
  await expect(page.getByText(/differ only by case/).first()).toBeVisible();
  for (const name of ['How the Demo behaves']) await runner.expand(name);
  await runner.openMore();
  await clean(page, 'refusals in every step');

  await format.selectOption({ index: 2 });
  await runner.field('User prompt').fill('{{name}}');
  await runner.field('Budget').fill('1');
  await runner.chooseProvider(/OpenAI-compatible/i);
  await runner.openMore();
  await press(page, 'Add another key');
  await clean(page, 'a schema, another endpoint, two lanes');

  await page.reload();
  await runner.chooseSample();
  await press(page, 'Try 5 rows');
  await expect(page.getByRole('table', { name: 'Trial answers' }).getByRole('row')).toHaveCount(6);
  await clean(page, 'a trial');
});

test('a run: under way, with failed rows, its results, a row, its dialogs, the Batch API; the history and the settings', async ({
  page, startMock,
}) => {
  const mock = await startMock('--latency-ms', '30', '--hold-from', '8', '--fault', 'bad-request=0.2');
  const runner = await readyRunner(page, firstRows(movies(), 60), {
    'Base URL': mock.baseUrl, 'API key': 'sk-of-a-test', 'System prompt': BRIEF, 'Concurrency': 2,
    'Requests per minute': 120,
  });
  await runner.start();
  await runner.untilDone(4);
  await clean(page, 'under way');
  await runner.pause(mock);
  for (const name of ['Details', 'More', 'Change limits', 'Batch API', 'Request files']) await runner.expand(name);
  await clean(page, 'paused, everything open');
  await page.reload();
  await expect(runner.button('Resume run')).toBeVisible();
  await clean(page, 'found again');
  await press(page, 'Resume run');
  expect(await runner.goOn('sk-of-a-test')).toBe('between calls');
  await runner.untilFinished();
  await clean(page, 'finished, with failed rows');
  await page.getByRole('combobox', { name: 'State', exact: true }).selectOption({ index: 2 });
  await page.getByRole('button', { name: /^Open row / }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await clean(page, 'a row');
  await page.keyboard.press('Escape');
  await runner.expand('More');
  await press(page, 'Delete run');
  await expect(page.getByRole('dialog')).toBeVisible();
  await clean(page, 'the question before a run is deleted');
  await page.keyboard.press('Escape');

  await page.goto('./#/runs');
  await expect(page.getByText('movies.csv').first()).toBeVisible();
  await clean(page, 'the history');
  await page.goto('./#/settings');
  await expect(page.getByRole('heading').first()).toBeVisible();
  await clean(page, 'the settings');
});

test('batch jobs that run', async ({ page, startMock }) => {
  // No row is answered before the rest is handed over, however slow the machine is.
  const mock = await startMock('--latency-ms', '60000');
  const runner = await readyRunner(page, numberedRows(20), {
    'Base URL': mock.baseUrl, 'API key': 'sk-of-a-test', 'User prompt': '{{name}}', 'Concurrency': 1,
  });
  await runner.start();
  await runner.expand('More');
  await runner.expand('Batch API');
  await press(page, 'Send the rest to the Batch API');
  await expect(page.getByRole('region', { name: 'Batch jobs' })).toBeVisible();
  await clean(page, 'batch jobs');
});

for (const path of ['embed-demo.html', 'embed.html?model=gpt-4o&calls=800', 'embed.html?calls=0']) {
  test(`axe finds nothing in ${path}`, async ({ page }) => {
    await page.goto(`./${path}`);
    // The gallery's frames are pages of their own, which embed.spec.ts looks at.
    if (path.startsWith('embed.html')) await expect(page.getByRole('group', { name: 'Async' })).toContainText('$');
    await clean(page, path);
  });
}

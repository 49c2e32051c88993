// Right answers: a column that is never sent, candidates on the same rows under one budget, and the rest with one of them.

import { records, type DataFile } from './support/data';
import { sampleRunner, readyRunner } from './support/runner';
import { expect, fastTest, test } from './support/test';

const comparison = (page: import('./support/test').Page) => page.getByRole('table', { name: 'Comparison', exact: true });

fastTest('a newcomer chooses a model with the sample and the Demo alone', async ({ page }) => {
  const runner = await sampleRunner(page);
  await expect(page.getByLabel('Right answer', { exact: true }), 'the sample has one').toHaveValue('category');
  const format = page.getByRole('combobox', { name: 'Answer format', exact: true });
  await format.selectOption('Labels');
  await page.getByRole('combobox', { name: 'Second model', exact: true }).fill('gpt-5.4');
  await page.getByRole('combobox', { name: 'Second model', exact: true }).press('Escape');
  await expect(page.getByText(/^2 candidates on 100 rows: up to \$0\.\d+, each row asked once\.$/)).toBeVisible();
  await runner.button('Compare').click();
  await runner.untilFinished();
  const lines = comparison(page).getByRole('row');
  await expect(lines).toHaveCount(3);
  for (const line of [lines.nth(1), lines.nth(2)]) {
    await expect(line).toContainText(/\d+(\.\d)?% \(\d+(\.\d)?%–\d+(\.\d)?%\)/);
  }
  await expect(page.getByText('Made-up answers').first()).toBeVisible();
  const csv = records(await runner.export('Export CSV'));
  expect(csv.length).toBe(200);
  expect(new Set(csv.map(row => row.candidate)).size).toBe(2);
  expect(csv.some(row => row.right === 'false'), 'the Demo is wrong now and then').toBe(true);
  for (const row of csv.filter(row => row.result !== '')) {
    expect(row.right).toBe(String(row.result === row.category));
  }

  await page.getByRole('button', { name: 'Run the rest with gpt-5.4', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Answers', exact: true })).toBeVisible();
  await runner.untilFinished();
  const all = records(await runner.export('Export CSV'));
  expect(all.length).toBe(500);
  const paidBefore = new Set(csv.filter(row => row.candidate === 'gpt-5.4' && row.result !== '').map(row => row.id));
  const again = all.filter(row => paidBefore.has(row.id) && row.cost_usd !== '');
  expect(again.length, 'nothing is paid for twice').toBe(0);
  await expect(page.getByText(/% right/).first()).toBeVisible();
});

test('the right answers are never sent, and a prompt that would send them is refused', async ({ page, startMock }) => {
  const mock = await startMock();
  const data: DataFile = {
    name: 'films.csv', mimeType: 'text/csv',
    buffer: Buffer.from('id,title,genre\n1,Alien,xyzzy-horror\n2,Big,xyzzy-comedy\n'),
  };
  const runner = await readyRunner(page, data, { 'Base URL': mock.baseUrl, 'User prompt': '{{title}} {{genre}}' });
  await page.getByLabel('Right answer', { exact: true }).selectOption('genre');
  await expect(page.getByLabel('User prompt', { exact: true })).toHaveAccessibleDescription(/holds the right answers, so it is never sent/);
  await page.getByLabel('User prompt', { exact: true }).fill('{{title}}: {{ row }}');
  await expect(page.getByRole('region', { name: 'Preview' })).toContainText('Alien: ');
  await runner.start();
  await runner.untilFinished();
  const bodies = JSON.stringify((await mock.ledger()).calls);
  expect(bodies).toContain('Alien');
  expect(bodies).not.toContain('xyzzy');
});

fastTest('answers that do not fit are asked again, and each is kept until a better one comes', async ({ page }) => {
  const runner = await sampleRunner(page);
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('Labels');
  await runner.start();
  await runner.untilFinished();
  const before = records(await runner.export('Export CSV')).filter(row => row.state === 'misfit').length;
  expect(before).toBeGreaterThan(0);
  await runner.button('Ask again').click();
  await expect(runner.status).not.toContainText(`, ${before} don't`);
  await runner.untilFinished();
  const after = records(await runner.export('Export CSV'));
  expect(after.filter(row => row.state === 'misfit').length).toBeLessThan(before);
  expect(after.filter(row => row.state === 'open').length).toBe(0);
});

fastTest('a comparison cut off in the middle goes on, under one budget', async ({ page }) => {
  const runner = await sampleRunner(page);
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('Labels');
  await runner.enter({ Budget: '0.004' });
  await page.getByRole('combobox', { name: 'Second model', exact: true }).fill('gpt-5.4');
  await page.getByRole('combobox', { name: 'Second model', exact: true }).press('Escape');
  await runner.button('Compare').click();
  await expect.poll(async () => (await runner.line()).done).toBeGreaterThan(20);
  await page.reload();
  await runner.button('Resume run').click();
  await expect(runner.status).toContainText(/Paused|Finished/);
  const ledger = records(await runner.export('Export ledger'));
  const spent = ledger.reduce((sum, row) => sum + Number(row.cost_usd || 0), 0);
  expect(spent).toBeGreaterThan(0);
  expect(spent).toBeLessThanOrEqual(0.004);
});

fastTest('an answer is corrected by hand, counts, and becomes an example', async ({ page }) => {
  const runner = await sampleRunner(page);
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('Labels');
  await page.getByLabel('Rows to run', { exact: true }).selectOption('The first rows');
  await page.getByLabel('How many rows', { exact: true }).fill('20');
  await runner.start();
  await runner.untilFinished();
  const right = page.getByText(/from 20 labelled rows/);
  await expect(right).toBeVisible();
  await runner.button('Open row SKU-001').click();
  const dialog = page.getByRole('dialog', { name: 'Row SKU-001' });
  await dialog.getByLabel('Right answer', { exact: true }).fill('other');
  await dialog.getByRole('button', { name: 'Set right answer', exact: true }).click();
  await expect(dialog.getByText('The answer is wrong.', { exact: true })).toBeVisible();
  await dialog.getByRole('button', { name: 'Close', exact: true }).click();
  const csv = records(await runner.export('Export CSV'));
  expect(csv.length).toBe(20);
  expect(csv[0]).toMatchObject({ id: 'SKU-001', corrected: 'other', right: 'false' });
  await page.reload();
  await page.goto('./#/runs');
  await page.getByRole('link', { name: 'Open sample.csv', exact: true }).click();
  await expect(right, 'it is kept with the run').toBeVisible();
  await runner.button('Use 1 of these as examples').click();
  await expect(page.getByLabel('System prompt', { exact: true })).toHaveValue(/Examples:[\s\S]*Answer: other/);
});

fastTest('the rows that a filter leaves are run again', async ({ page }) => {
  const runner = await sampleRunner(page);
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('Labels');
  await runner.start();
  await runner.untilFinished();
  const wrong = records(await runner.export('Export CSV')).filter(row => row.right === 'false').length;
  await page.getByRole('button', { name: /^Show the \d+ wrong$/ }).click();
  await runner.button('Run these rows again').click();
  await expect(page.getByLabel('Rows to run', { exact: true })).toContainText(`${wrong} rows of an earlier run`);
  await page.getByRole('combobox', { name: 'Model', exact: true }).fill('gpt-5.4');
  await page.getByRole('combobox', { name: 'Model', exact: true }).press('Escape');
  await runner.start();
  await runner.untilFinished();
  expect(records(await runner.export('Export CSV')).length).toBe(wrong);
});

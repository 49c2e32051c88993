import { records, readJsonl } from './support/data';
import { Runner, sampleRunner } from './support/runner';
import { expect, fastTest, test } from './support/test';

const SAMPLE_ROWS = 500;
const CATEGORIES = ['produce', 'cleaning', 'dairy', 'meat', 'snacks', 'beverages', 'frozen', 'bakery', 'other'];

fastTest('a newcomer runs the sample with Demo, without a key, and takes the results home', async ({ page }) => {
  const runner = new Runner(page);
  await page.goto('./');
  await page.getByRole('link', { name: 'Runner', exact: true }).first().click();
  await runner.chooseSample();
  await expect(runner.button('Start run')).toBeEnabled();
  await runner.start();

  const lines = [await runner.line()];
  while (lines.at(-1)!.done < SAMPLE_ROWS) {
    await runner.untilDone(lines.at(-1)!.done + 1);
    lines.push(await runner.line());
  }
  await runner.untilFinished();
  const last = await runner.line();
  expect(last).toMatchObject({ done: SAMPLE_ROWS, total: SAMPLE_ROWS });
  expect(Number(last.spent)).toBeGreaterThan(0);
  expect(last.cacheHits, 'the sample repeats some products').toBeGreaterThan(0);
  for (const [at, line] of lines.slice(1).entries()) {
    expect(line.done, 'progress never goes back').toBeGreaterThanOrEqual(lines[at].done);
    expect(Number(line.spent), 'spend never goes back').toBeGreaterThanOrEqual(Number(lines[at].spent));
  }

  const csv = records(await runner.export('Export CSV'));
  const jsonl = readJsonl(await runner.export('Export JSONL'));
  expect(csv).toHaveLength(SAMPLE_ROWS);
  expect(new Set(csv.map(row => row.id)).size).toBe(SAMPLE_ROWS);
  const answered = csv.filter(row => row.result !== '');
  expect(answered.length, 'simulated errors are retried').toBeGreaterThan(SAMPLE_ROWS * 0.98);
  for (const row of answered) expect(CATEGORIES).toContain(row.result);
  for (const { note } of [...answered, ...jsonl]) expect(note, 'the Demo invents its answers').toBe('made up by the Demo');
  await expect(page.getByRole('columnheader', { name: 'Made-up answers' })).toBeVisible();
  expect(jsonl.map(({ id, result }) => [id, result]), 'both exports keep the order of the input')
    .toEqual(answered.map(({ id, result }) => [id, result]));
});

fastTest('the cache of answers is cleared under Runs, and the same rows are paid for again', async ({ page }) => {
  const runner = await sampleRunner(page);
  const before = page.getByRole('region', { name: 'Before you start' });
  await runner.start();
  await runner.untilFinished();
  await runner.button('New run').click();
  await expect(before).toContainText('may be in the cache');
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await runner.button('Clear cache').click();
  await expect(page.getByText(/^Deleted 4\d\d answers\.$/)).toBeVisible();
  await page.getByRole('link', { name: 'Runner', exact: true }).click();
  await expect(before).toContainText('466');
  await expect(before).not.toContainText('may be in the cache');
});

test('a paused run\'s JSONL is a checkpoint for the post\'s script', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.start();
  await runner.untilDone(20);
  await runner.button('Pause').click();
  await expect(runner.button('Resume')).toBeVisible();
  const lines = (await runner.export('Export JSONL')).trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(20);
  // A row without an answer has no line: the post's script takes every id that it reads for done.
  for (const line of lines) expect(line).toMatch(/^\{"id": "[^"]+", "result": "/);
  expect(lines.length).toBeLessThan(SAMPLE_ROWS);
});

test('a Demo run that was cut off resumes without a word about bills', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.start();
  await runner.untilDone(20);
  page.on('dialog', dialog => dialog.accept());
  await page.reload();
  const banner = page.getByRole('region', { name: 'Unfinished run' });
  await expect(banner).toContainText('of 500 rows done');
  await expect(banner).not.toContainText('billed');
  await runner.button('Resume run').click();
  await expect(runner.button('Pause')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Run', exact: true })).not.toContainText('billed');
  await runner.untilDone(60);
});

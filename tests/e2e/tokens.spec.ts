// Exact token counts in the browser. The numbers are OpenAI's tiktoken 0.14.0 for the post's prompt and the sample's
// rows, and 11 tokens for the frames of two messages and the reply.

import type { Worker } from '@playwright/test';
import { clockOf } from './support/clock';
import { Runner, sampleRunner } from './support/runner';
import { expect, fastTest, leapTest, test } from './support/test';

/** After so long without a question the tokenizer goes. */
const IDLE_MS = 5_000;
/** Its tokenizer is public. */
const COUNTED = { Model: 'gpt-4.1-mini' };

test('the model\'s own tokenizer counts the preview and the file; it is fetched once data is there', async ({ page }) => {
  const fetched: string[] = [];
  page.on('request', request => fetched.push(new URL(request.url()).pathname));
  const tokenizers = () => fetched.filter(path => path.includes('/tokenizer_') && path.endsWith('.wasm'));
  const runner = new Runner(page);
  await runner.open();
  expect(tokenizers(), 'nothing is fetched with the page').toEqual([]);

  await runner.button('Sample data').click();
  await runner.enter(COUNTED);
  const preview = page.getByRole('region', { name: 'Preview' });
  await expect(preview).toContainText('52 input tokens, counted with the model\u2019s own tokenizer.');
  const before = page.getByRole('region', { name: 'Before you start' });
  await expect(before).toContainText('24,334');
  await expect(before).toContainText('by the model\u2019s own tokenizer');

  await page.getByRole('combobox', { name: 'Model', exact: true }).fill('gpt-3.5-turbo');
  await expect(preview).toContainText('53 input tokens, counted');
  await page.getByRole('combobox', { name: 'Model', exact: true }).fill('a-model-of-my-own');
  await expect(preview).toContainText('input tokens: estimated from characters, \u00b1 30%.');
});

leapTest('a tokenizer that is no longer asked gives its memory back, and returns when a text is new', async ({ page }) => {
  const isTokenizer = (worker: Worker) => worker.url().includes('/tokenizer_');
  const running = () => page.workers().filter(isTokenizer).length;
  let started = 0;
  page.on('worker', worker => { if (isTokenizer(worker)) started += 1; });
  const runner = await sampleRunner(page);
  await runner.enter(COUNTED);
  const before = page.getByRole('region', { name: 'Before you start' });
  await expect(before).toContainText('by the model\u2019s own tokenizer');
  // How many run now is not asked: on a busy machine the time without a question may be over.
  expect(started).toBeGreaterThan(0);
  const { leap } = await clockOf(page);
  await leap(IDLE_MS);
  await expect.poll(running).toBe(0);
  const startedBefore = started;

  await runner.enter({ 'System prompt': 'Be brief.' });
  const preview = page.getByRole('region', { name: 'Preview' });
  await expect(preview).toContainText('21 input tokens, counted with the model\u2019s own tokenizer.');
  expect(started).toBeGreaterThan(startedBefore);
});

fastTest('a run costs what its counted tokens cost', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.enter(COUNTED);
  const before = page.getByRole('region', { name: 'Before you start' });
  await expect(before).toContainText('by the model\u2019s own tokenizer');
  await runner.start();
  await runner.untilFinished();
  const csv = (await runner.export('Export CSV')).split('\r\n').slice(1).filter(line => line.startsWith('SKU-001,'));
  // Once answered it counts 52; a refused attempt counts nothing.
  expect(csv[0]).toMatch(/,52,\d+,/);
});

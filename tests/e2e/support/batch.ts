// The simulated provider's Batch API: its books, what it is told to do, and a run that is handed over to it.

import { expect, type Page } from '@playwright/test';
import { numberedRows, readJsonl } from './data';
import { expectedAnswer, type Mock } from './mock';
import { BRIEF } from './prompts';
import { readyRunner, type Entries, type Runner } from './runner';

export const KEY = 'sk-batch-77aa01';

export interface Books {
  jobs: { id: string; status: string; rows: number; completed: number; failed: number; billed_pico: string }[];
  files: number;
  billed_pico: string;
  billed_rows: number;
  billed_twice: string[];
  result_bytes: number;
}

export async function books(mock: Mock): Promise<Books> {
  return (await fetch(`${mock.http}/__batches`)).json() as Promise<Books>;
}

export async function setBatch(mock: Mock, changes: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${mock.http}/__batches/set`, {
    method: 'POST', body: JSON.stringify(changes), headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`the simulated Batch API refused: ${await answer.text()}`);
}

/**
 * A run of numbered rows that has begun. The provider holds the calls after the first two, so that the rest is left for
 * the hand-over, however slow the machine is.
 */
export async function begin(page: Page, mock: Mock, rows: number, more: Entries = {}, address?: string): Promise<Runner> {
  await mock.set({ hold_from: 2 });
  const runner = await readyRunner(page, numberedRows(rows), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'System prompt': BRIEF, 'User prompt': '{{id}}: {{name}}', 'Concurrency': 2,
    ...more,
  }, address);
  await runner.start();
  return runner;
}

/** Hands over what is not in flight; the calls in flight are answered then. */
export async function handOver(page: Page, runner: Runner, mock: Mock, perJob: number): Promise<void> {
  await runner.expand('More');
  await runner.expand('Batch API');
  await page.getByLabel('Rows per job', { exact: true }).fill(String(perJob));
  await expect.poll(async () => (await mock.totals()).open, 'a call is held').toBeGreaterThan(0);
  await runner.button('Send the rest to the Batch API').click();
  await expect(page.getByText('Waiting for the calls under way.')).toBeVisible();
  await mock.release();
}

/** Confirmed spend is what both ways billed, to the pico-dollar, where nothing is in doubt. */
export async function checkSpend(runner: Runner, mock: Mock): Promise<void> {
  const spend = await runner.spend();
  const billed = BigInt((await mock.totals()).billed_pico) + BigInt((await books(mock)).billed_pico);
  expect(spend.confirmed).toBeLessThanOrEqual(billed);
  expect(billed).toBeLessThanOrEqual(spend.confirmed + spend.doubtful);
  if (spend.doubtful === 0n) expect(spend.confirmed).toBe(billed);
}

export async function checkAnswers(runner: Runner, rows: number): Promise<void> {
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.length).toBe(rows);
  const wrong = lines.filter((line, row) => line.id !== `r${row}` || !line.result.startsWith(expectedAnswer(BRIEF, `r${row}: Row ${row}`)));
  expect(wrong.slice(0, 3), 'every row has its own answer').toEqual([]);
}

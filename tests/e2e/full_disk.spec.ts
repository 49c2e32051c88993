// A disk that is full while results are imported: the import ends and says why, and what the page advises can be done.

import { readFileSync } from 'node:fs';
import { numberedRows, readJsonl } from './support/data';
import { fillDisk } from './support/disk';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import { expect, test, type Page } from './support/test';
import type { Mock } from './support/mock';

const ROWS = 30;

/** A paused run, and a result file that answers its open rows. */
async function withResults(page: Page, mock: Mock): Promise<{ runner: Runner; file: { name: string; mimeType: string; buffer: Buffer } }> {
  // Longer than the pause needs on a busy machine: one call goes out, and no second.
  await mock.set({ latency_ms: 5_000 });
  const runner = await readyRunner(page, numberedRows(ROWS), {
    'Base URL': mock.baseUrl, 'System prompt': BRIEF, 'User prompt': '{{id}}: {{name}}', 'Concurrency': 1,
  });
  await runner.start();
  await runner.button('Pause').click();
  await expect(runner.status).toContainText(`[1/${ROWS}]`);
  await runner.expand('More');
  await runner.expand('Request files');
  const downloading = page.waitForEvent('download');
  await runner.button('Export requests').click();
  const requests = readFileSync(await (await downloading).path(), 'utf8').trimEnd().split('\n');
  const lines = requests.map(line => {
    const { custom_id } = JSON.parse(line) as { custom_id: string };
    const choices = [{ index: 0, message: { role: 'assistant', content: `answer to ${custom_id}` }, finish_reason: 'stop' }];
    const body = { choices, usage: { prompt_tokens: 20, completion_tokens: 5 } };
    return JSON.stringify({ custom_id, response: { status_code: 200, body }, error: null });
  });
  return { runner, file: { name: 'results.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(`${lines.join('\n')}\n`) } };
}

test('an import on a full disk ends with a message, and what it brought can be exported and the run deleted', async ({ page, startMock }) => {
  const { runner, file } = await withResults(page, await startMock());
  await fillDisk(page, true);
  await page.getByLabel('Import results', { exact: true }).setInputFiles(file);
  await expect(page.getByText(/What was read of results\.jsonl could not be saved: no space is left/)).toBeVisible();
  expect(readJsonl(await runner.export('Export JSONL')).length).toBe(ROWS);
  await runner.button('Delete run').click();
  await runner.button('Delete for good').click();
  await expect(runner.button('Start run')).toBeVisible();
  await page.goto('./#/runs');
  await expect(page.getByText('No runs yet.')).toBeVisible();
});

test('once there is room again, Resume saves what an import brought', async ({ page, startMock }) => {
  const { runner, file } = await withResults(page, await startMock());
  await fillDisk(page, true);
  await page.getByLabel('Import results', { exact: true }).setInputFiles(file);
  await expect(page.getByText(/could not be saved: no space is left/)).toBeVisible();
  await fillDisk(page, false);
  await runner.button('Resume').click();
  await runner.untilFinished();
  await page.reload();
  await page.goto('./#/runs');
  await expect(page.getByRole('list', { name: 'Runs' })).toContainText(`${ROWS}`);
  await expect(page.getByRole('list', { name: 'Runs' })).toContainText(/Finished|Done|finished/);
});

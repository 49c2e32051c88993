// A run that is let go while a result file comes in: nothing goes on behind the person's back.

import { setBatch } from './support/batch';
import { numberedRows } from './support/data';
import { readyRunner } from './support/runner';
import { expect, test, type Page } from './support/test';

/** Files of all runs in the private file system. */
async function files(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const found: string[] = [];
    const root = await navigator.storage.getDirectory();
    for await (const [run, directory] of await root.getDirectoryHandle('runs') as any) {
      for await (const [name] of directory) found.push(`${run}/${name}`);
    }
    return found;
  });
}

test('a paused run is deleted while its results are being read', async ({ page, startMock }) => {
  const mock = await startMock();
  await setBatch(mock, { delay_ms: 1_000, pad_bytes: 9_000 });
  await mock.set({ latency_ms: 2_500 });
  const runner = await readyRunner(page, numberedRows(60), {
    'Base URL': mock.baseUrl, 'User prompt': '{{id}}: {{name}}', 'Max output tokens': 4_000, 'Concurrency': 1,
  });
  await runner.start();
  await runner.expand('More');
  await runner.expand('Batch API');
  await setBatch(mock, { chunk_hold_ms: 60_000 });
  await runner.button('Send the rest to the Batch API').click();
  const jobs = page.getByRole('region', { name: 'Batch jobs' });
  await expect(jobs).toContainText('reading results');
  await runner.button('Pause').click();
  await expect(runner.status).toContainText('Paused by you');
  expect((await files(page)).filter(name => name.includes('arriving-'))).toHaveLength(1);

  await runner.button('Delete run').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click();
  await expect(runner.button('Sample data')).toBeEnabled();
  await expect(async () => expect(await files(page)).toEqual([])).toPass();

  await page.goto('./#/runs');
  await expect(page.getByText('No runs yet')).toBeVisible();
  expect(await files(page), 'nothing comes back').toEqual([]);
});

// What a browser may lack: each is handled, and said. The worker starts in a browser that lacks it.

import { clockLines, clockOf, FAST } from './support/clock';
import { numberedRows, readJsonl } from './support/data';
import { BRIEF } from './support/prompts';
import { Runner } from './support/runner';
import { expect, held, test } from './support/test';

const LACKS = {
  'no private file system': 'delete StorageManager.prototype.getDirectory;',
  'a private file system that a worker cannot write': `FileSystemFileHandle.prototype.createSyncAccessHandle =
    () => Promise.reject(new DOMException('Backend does not support this operation', 'NotSupportedError'));`,
  'no reader with a buffer of its own': 'delete globalThis.ReadableStreamBYOBReader;',
  'no Web Locks': 'delete WorkerNavigator.prototype.locks;',
};

for (const [lack, lines] of Object.entries(LACKS)) {
  test(`with ${lack}, a Demo run comes to its export`, async ({ page, serveWith }) => {
    const host = await serveWith(`${clockLines(FAST)}${lines}\n`);
    const runner = new Runner(page);
    await runner.open(`${host.address}#/run`);
    await runner.chooseSample();
    const lessSafe = page.getByText('Runs are less safe in this browser');
    if (lack.includes('file system')) await expect(lessSafe).toBeVisible();
    else await expect(lessSafe).toHaveCount(0);
    await runner.start();
    await runner.untilFinished();
    expect((await runner.line()).done).toBe(500);
    expect((await runner.export('Export JSONL')).trimEnd().split('\n').length).toBeGreaterThan(490);
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    const oneTab = page.getByText("This browser can't tell whether a run is open in another tab. Use one tab at a time.");
    await expect(oneTab).toHaveCount(lack === 'no Web Locks' ? 1 : 0);
  });
}

test('a worker that is never done starting is told of, and does its work when it comes after all', async ({ page }) => {
  const come = await held(page, '**/worker-*.wasm');
  await page.clock.install();
  await page.goto('./#/run');
  await page.getByRole('button', { name: 'Sample data', exact: true }).click();
  const long = page.getByText('is taking a long time to start. Nothing was sent and nothing is lost.');
  await page.clock.fastForward(15_000);
  await expect(long).toHaveCount(0);
  await page.clock.fastForward(15_000);
  await expect(long).toBeVisible();
  come();
  await expect(page.getByText(/500 rows/).first()).toBeVisible();
  await expect(long).toHaveCount(0);
});

const NEVER_OPENS = 'IDBFactory.prototype.open = () => new EventTarget();';
const AFTER_ALL = {
  'a private file system': { lines: '', words: 'Runs are kept in files alone' },
  'no private file system': { lines: LACKS['no private file system'], words: 'This browser stores nothing for this page' },
};

for (const [has, { lines, words }] of Object.entries(AFTER_ALL)) {
  test(`with a database that never opens and ${has}, the page says what it waits for, and then what holds`, async ({
    page, serveWith, startMock,
  }) => {
    const [mock, host] = [await startMock(), await serveWith(`${clockLines(1)}${NEVER_OPENS}${lines}\n`)];
    const waits = page.getByText("Waiting for the browser's storage.");
    await page.goto(`${host.address}#/runs`);
    const clock = await clockOf(page);
    await clock.leap(3_000);
    await expect(waits).toBeVisible();
    await page.getByRole('link', { name: 'Runner', exact: true }).click();
    await expect(waits).toContainText('a run may be kept only in this tab');
    await clock.leap(27_000);
    await expect(page.getByText(words)).toBeVisible();
    await expect(waits).toHaveCount(0);
    const runner = new Runner(page);
    await runner.chooseData(numberedRows(5));
    await runner.enter({ 'Base URL': mock.baseUrl, 'System prompt': BRIEF, 'User prompt': '{{name}}', 'Model': 'gpt-4o-mini' });
    await runner.start();
    await runner.untilFinished();
    expect(readJsonl(await runner.export('Export JSONL'))).toHaveLength(5);
  });
}

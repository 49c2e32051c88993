// What a browser may lack: each is handled, and said. The worker starts in a browser that lacks it.

import { clockLines, FAST } from './support/clock';
import { Runner } from './support/runner';
import { expect, test } from './support/test';

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

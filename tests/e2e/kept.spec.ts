// Runs that earlier versions kept open in this one, from the journal alone and from the database alone: tests/kept.

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { REPO } from './support/mock';
import { expect, test, type Page } from './support/test';

const KEPT = resolve(REPO, 'tests/kept');

interface Database {
  run: string;
  stores: Record<string, [IDBValidKey, string | { b64: string }][]>;
}

async function putIntoDatabase(page: Page, { stores }: Database): Promise<void> {
  await page.evaluate(async stores => {
    const bytes = (b64: string) => Uint8Array.from(atob(b64), letter => letter.charCodeAt(0));
    const database = await new Promise<IDBDatabase>((done, failed) => {
      const opening = indexedDB.open('pennybatch');
      opening.onsuccess = () => done(opening.result);
      opening.onerror = () => failed(opening.error);
    });
    const transaction = database.transaction(Object.keys(stores), 'readwrite');
    for (const [store, values] of Object.entries(stores)) {
      for (const [key, value] of values) {
        transaction.objectStore(store).put(typeof value === 'string' ? value : bytes(value.b64), key);
      }
    }
    await new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onerror = () => failed(transaction.error);
    });
    database.close();
  }, stores);
}

async function putIntoFiles(page: Page, run: string, files: Record<string, string>): Promise<void> {
  await page.evaluate(async ({ run, files }) => {
    const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs', { create: true });
    const directory = await runs.getDirectoryHandle(run, { create: true });
    for (const [name, b64] of Object.entries(files)) {
      const file = await (await directory.getFileHandle(name, { create: true })).createWritable();
      await file.write(Uint8Array.from(atob(b64), letter => letter.charCodeAt(0)));
      await file.close();
    }
  }, { run, files });
}

const CASES = [
  { name: 'calls', journal: '[60/60] $0.0007 spent', database: '[60/60] $0.0007 spent', words: 'Finished: 60 answered.' },
  { name: 'batch', journal: '[40/40] $0.0001 spent', database: '[40/40] $0.0001 spent', words: 'Finished: 40 answered.' },
  // The database was read a moment later than the journal.
  { name: 'cut_off', journal: '[9/50] $0.0000 spent', database: '[19/50] $0.0001 spent', words: 'cut off' },
];

for (const format of readdirSync(KEPT).filter(name => name.startsWith('format'))) {
  for (const { name, words, ...lines } of CASES) {
    for (const side of ['journal', 'database'] as const) {
      test(`a run that ${format} kept opens from its ${side} alone: ${name}`, async ({ page }) => {
        const at = resolve(KEPT, format, name);
        const database = JSON.parse(readFileSync(`${at}/database.json`, 'utf8')) as Database;
        const base64 = (file: string) => readFileSync(`${at}/${file}`).toString('base64');
        await page.goto('./#/runs');
        await expect(page.getByText(/no runs/i)).toBeVisible();
        if (side === 'database') await putIntoDatabase(page, database);
        else await putIntoFiles(page, database.run, { journal: base64('journal'), data: base64('data.csv') });
        await page.reload();
        await page.getByRole('list', { name: 'Runs' }).getByRole('link').click();
        const [status, line] = [page.getByRole('status', { name: 'Run status' }), lines[side]];
        await expect(status).toContainText(line);
        await expect(status).toContainText(words);
        // From here on the plan and the facts are in it, and it opens again as it is.
        await page.goto('./#/runs');
        await page.reload();
        await page.getByRole('list', { name: 'Runs' }).getByRole('link').click();
        await expect(status).toContainText(line);
      });
    }
  }
}

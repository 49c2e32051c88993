// The key may be in memory and on the way to its provider, and nowhere else.

import { numberedRows } from './support/data';
import { readyRunner, Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const KEY = 'sk-secret-c0ffee-5e77-41d9';

/** Everything that the page's origin keeps in the browser, as one text. */
async function kept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const pieces: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    const text = (bytes: ArrayBuffer) => new TextDecoder('latin1').decode(bytes);
    const flat = (value: unknown): string => {
      if (value instanceof ArrayBuffer) return text(value);
      if (ArrayBuffer.isView(value)) return text(value.buffer as ArrayBuffer);
      if (value !== null && typeof value === 'object') return Object.entries(value).flat().map(flat).join(' ');
      return String(value);
    };

    const asked = <T>(request: IDBRequest<T>) => new Promise<T>((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
    for (const { name } of await indexedDB.databases()) {
      const database = await asked(indexedDB.open(name!));
      for (const store of database.objectStoreNames) {
        const records = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([asked(records.getAllKeys()), asked(records.getAll())]);
        pieces.push(store, flat(keys), flat(values));
      }
      database.close();
    }

    const walk = async (directory: FileSystemDirectoryHandle): Promise<void> => {
      for await (const entry of (directory as unknown as { values(): AsyncIterable<FileSystemHandle> }).values()) {
        pieces.push(entry.name);
        if (entry.kind === 'directory') await walk(entry as FileSystemDirectoryHandle);
        else pieces.push(text(await (await (entry as FileSystemFileHandle).getFile()).arrayBuffer()));
      }
    };
    await walk(await navigator.storage.getDirectory());
    for (const name of await caches.keys()) pieces.push(name);
    return pieces.join('\n');
  });
}

/** Bearer, and x-api-key. */
const WIRES = [
  { provider: 'Other OpenAI-compatible endpoint', model: 'gpt-4o-mini', cors: 'open' },
  { provider: 'Anthropic', model: 'claude-haiku-4-5', cors: 'anthropic' },
];

for (const { provider, model, cors } of WIRES) {
  test(`the key of ${provider} is in no storage, address, export or log`, async ({ page, startMock, consoleLines }) => {
    const mock = await startMock(
      '--latency-ms', '20', '--api-key', KEY, '--fault', 'status500=0.1', '--cors', cors, '--models', model);
    const addresses: string[] = [];
    page.on('framenavigated', frame => addresses.push(frame.url()));
    page.on('request', request => addresses.push(request.url(), request.postData() ?? ''));
    const runner = await readyRunner(page, numberedRows(50, 'Marker'), {
      'Provider': provider, 'Base URL': mock.baseUrl, 'API key': KEY, 'User prompt': '{{name}}', 'Model': model,
    });
    await runner.button('Check connection').click();
    await expect(page.getByText(/takes the key/)).toBeVisible();
    // The provider refuses the key for a while, and quotes it in its words.
    await mock.set({ api_key: 'sk-another' });
    await runner.button('Check connection').click();
    const refused = page.getByRole('alert').filter({ hasText: /refused the key/ });
    await expect(refused).toBeVisible();
    expect(await refused.innerText()).not.toContain(KEY);
    await runner.start();
    await expect(runner.status).toContainText('Paused');
    await expect(refused).toBeVisible();
    expect(await refused.innerText()).not.toContain(KEY);
    await mock.set({ api_key: KEY });
    await runner.button('Resume').click();
    await runner.untilFinished();

    const exports = [
      await runner.export('Export CSV'), await runner.export('Export JSONL'), await runner.export('Export ledger'),
    ];
    const storage = await kept(page);
    expect(storage, 'the search sees what is kept').toContain('Marker 49');
    const places = { storage, exports: exports.join('\n'), addresses: addresses.join('\n'), log: consoleLines.join('\n'), address: page.url() };
    for (const [place, text] of Object.entries(places)) {
      expect(text.includes(KEY), `the key in: ${place}`).toBe(false);
      expect(text.includes(Buffer.from(KEY).toString('base64')), `the key, encoded, in: ${place}`).toBe(false);
    }

    await page.reload();
    await expect(runner.button('Sample data')).toBeEnabled();
    expect(await page.content()).not.toContain(KEY);
  });
}

test('another server\'s address clears the key', async ({ page, startMock }) => {
  const mock = await startMock();
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseSample();
  await runner.enter({ 'Base URL': mock.baseUrl, 'API key': KEY });
  await runner.field('Base URL').fill('https://elsewhere.example/v1');
  await expect(runner.field('API key')).toHaveValue('');
});

test('the key\'s field is hidden and offered to no password store', async ({ page }) => {
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseSample();
  await runner.chooseProvider(/OpenAI-compatible/i);
  const field = runner.field('API key');
  await expect(field).toHaveAttribute('type', 'password');
  await expect(field).toHaveAttribute('autocomplete', 'off');
});

// The browser closes the database in the middle of a run, as Safari does with pages in the background. The database is
// opened again and what wasn't saved is saved then. Where it can't be opened again, the run pauses and says why.

import { clockLines, FAST } from './support/clock';
import { numberedRows, readJsonl } from './support/data';
import { expectedAnswer, type Mock } from './support/mock';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import type { Served } from './support/served';
import { expect, test, type Page } from './support/test';

const ROWS = 60;
const NO_FILES = 'delete StorageManager.prototype.getDirectory;\n';

/**
 * Put before the worker's own script. It closes every connection, and ends what is under way on it, in the midst of each
 * n-th write. And it compares what is sent with the reservations that the database has.
 */
function closes(everyNth: number): string {
  return `{
    const text = new TextDecoder();
    const [connections, open] = [new Set(), new Map()];
    const seen = { closed: 0, sent: 0, reserved: 0, faults: [] };
    let writes = 0;
    self.refuses = false;
    self.seen = () => seen;
    self.closeDatabase = () => {
      seen.closed += 1;
      for (const transaction of [...open.keys()]) {
        try { transaction.abort(); } catch { /* It is being committed. */ }
      }
      for (const connection of connections) {
        connection.close();
        connection.dispatchEvent(new Event('close'));
      }
      connections.clear();
    };
    const opens = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...asked) {
      if (self.refuses) throw new DOMException('Connection to Indexed Database server lost.', 'UnknownError');
      const request = opens.apply(this, asked);
      request.addEventListener('success', () => connections.add(request.result));
      return request;
    };
    const begins = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (...asked) {
      const begun = begins.apply(this, asked);
      open.set(begun, 0);
      begun.addEventListener('abort', () => open.delete(begun));
      begun.addEventListener('complete', () => {
        seen.reserved += open.get(begun);
        open.delete(begun);
      });
      if (begun.mode === 'readwrite' && (writes += 1) % ${everyNth} === 0) queueMicrotask(self.closeDatabase);
      return begun;
    };
    const puts = IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = function (value, ...key) {
      if (this.name === 'records') {
        const reserved = text.decode(value).split('"reserved":{').length - 1;
        open.set(this.transaction, open.get(this.transaction) + reserved);
      }
      return puts.call(this, value, ...key);
    };
    const { fetch } = self;
    self.fetch = (address, init) => {
      if (init?.method === 'POST') {
        seen.sent += 1;
        if (seen.sent > seen.reserved) seen.faults.push('sent ' + seen.sent + ', reserved ' + seen.reserved);
      }
      return fetch.call(self, address, init);
    };
  }\n`;
}

interface Seen {
  closed: number;
  sent: number;
  reserved: number;
  faults: string[];
}

interface Scope {
  refuses: boolean;
  seen: () => Seen;
  closeDatabase: () => void;
}

function inWorker<T>(page: Page, step: (scope: Scope) => T): Promise<T> {
  const worker = page.workers().find(worker => /\/worker-[^/]*\.js$/.test(worker.url()))!;
  return worker.evaluate(`(${step})(self)`);
}

function ready(page: Page, mock: Mock, host: Served): Promise<Runner> {
  return readyRunner(page, numberedRows(ROWS), {
    'Base URL': mock.baseUrl, 'System prompt': BRIEF, 'User prompt': '{{name}}', 'Concurrency': 4,
  }, `${host.address}#/run`);
}

/** Ten rows are done, and the provider holds four calls. */
async function halfWay(page: Page, mock: Mock, host: Served): Promise<Runner> {
  const runner = await ready(page, mock, host);
  await runner.start();
  await runner.untilDone(10);
  await expect.poll(async () => (await mock.totals()).open).toBe(4);
  return runner;
}

/** Every row has its answer, and was sent once. */
async function checkAnswers(runner: Runner, mock: Mock): Promise<void> {
  const answers = readJsonl(await runner.export('Export JSONL')).map(line => line.result);
  expect(answers).toEqual(Array.from({ length: ROWS }, (_, row) => expectedAnswer(BRIEF, `Row ${row}`)));
  expect((await mock.totals()).requests).toBe(ROWS);
}

/** After a reload, from what the database alone holds. */
async function checkKept(page: Page, runner: Runner, mock: Mock, host: Served): Promise<void> {
  host.lines = NO_FILES;
  await page.goto(`${host.address}#/runs`);
  await page.reload();
  await page.getByRole('link', { name: 'Open rows.csv', exact: true }).click();
  await expect(runner.status).toContainText(`Finished: ${ROWS} answered.`);
  await checkAnswers(runner, mock);
}

/** The database's own list of runs says that the run has ended; its records are down with that. */
async function untilListedAsFinished(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => new Promise(done => {
    const opening = indexedDB.open('pennybatch');
    opening.onsuccess = () => {
      const reading = opening.result.transaction('runs').objectStore('runs').getAll();
      reading.onsuccess = () => {
        opening.result.close();
        done(reading.result.map(listed => JSON.parse(listed).summary.finished));
      };
    };
  }))).toEqual([true]);
}

test('closed again and again, the database alone loses nothing of a run, and nothing is sent before it is saved', async ({
  page, startMock, serveWith,
}) => {
  const [mock, host] = [await startMock(), await serveWith(`${closes(9)}${NO_FILES}`)];
  const runner = await ready(page, mock, host);
  await runner.start();
  await runner.untilFinished();
  const seen = await inWorker(page, scope => scope.seen());
  expect(seen).toMatchObject({ sent: ROWS, reserved: ROWS, faults: [] });
  expect(seen.closed).toBeGreaterThan(3);
  await checkAnswers(runner, mock);
  await checkKept(page, runner, mock, host);
});

test("closed again and again beside the run's journal, the database has all of it in the end", async ({ page, startMock, serveWith }) => {
  const [mock, host] = [await startMock('--latency-ms', '100'), await serveWith(`${clockLines(FAST)}${closes(3)}`)];
  const runner = await ready(page, mock, host);
  await runner.start();
  await runner.untilFinished();
  expect((await inWorker(page, scope => scope.seen())).closed).toBeGreaterThan(1);
  await untilListedAsFinished(page);
  await checkKept(page, runner, mock, host);
});

test('where it cannot be opened again, the run pauses with the reason, its answers are exported, and Resume saves them', async ({
  page, startMock, serveWith,
}) => {
  const [mock, host] = [await startMock('--hold-from', '10'), await serveWith(`${clockLines(FAST)}${closes(1_000_000)}${NO_FILES}`)];
  const runner = await halfWay(page, mock, host);
  await inWorker(page, scope => {
    scope.refuses = true;
    scope.closeDatabase();
  });
  await mock.release();
  await expect(page.getByText("Results can't be saved", { exact: true })).toBeVisible();
  const reason = page.getByText(/the browser closed its storage .*The run is paused, and nothing more is sent\./);
  await expect(reason).toBeVisible();
  expect((await mock.totals()).requests, 'nothing was sent whose reservation is not saved').toBe(14);
  expect(readJsonl(await runner.export('Export JSONL')), 'what came back can be exported').toHaveLength(14);

  await runner.button('Resume').click();
  await expect(reason, 'it refuses again').toBeVisible();
  await inWorker(page, scope => { scope.refuses = false; });
  await runner.button('Resume').click();
  await runner.untilFinished();
  await expect(reason).toHaveCount(0);
  expect(await inWorker(page, scope => scope.seen())).toMatchObject({ sent: ROWS, faults: [] });
  await checkKept(page, runner, mock, host);
});

test('a database that was emptied is not gone on with: what was in it is only in this tab', async ({ page, startMock, serveWith }) => {
  const [mock, host] = [await startMock('--hold-from', '10'), await serveWith(`${clockLines(FAST)}${closes(1_000_000)}${NO_FILES}`)];
  const runner = await halfWay(page, mock, host);
  await inWorker(page, scope => {
    scope.closeDatabase();
    indexedDB.deleteDatabase('pennybatch');
  });
  await mock.release();
  await expect(page.getByText("Results can't be saved", { exact: true })).toBeVisible();
  await expect(page.getByText(/the browser closed its storage .*The run is paused, and nothing more is sent\./)).toBeVisible();
  expect(readJsonl(await runner.export('Export JSONL'))).toHaveLength(14);
  expect((await mock.totals()).requests).toBe(14);
});

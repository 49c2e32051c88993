// The worker dies between two transactions of its storage: after the k-th flush of a file or commit of the database,
// before it can do anything more. Then the run is opened again and goes on to its end. And what a kill can't show,
// because it hits so few moments: what is sent or counted is on the disk by then, every time.
//
// PENNYBATCH_KILL_AT=all visits every k, one by one; a list such as 3,17,40 visits these; else a sample is drawn.
// PENNYBATCH_SEED: another draw than the usual one.

import type { Browser, BrowserContext, Page } from '@playwright/test';
import { firstRows, movies, numberedRows, readJsonl, records } from './support/data';
import { billed, expectedAnswer, type Mock } from './support/mock';
import { ID_AND_TITLE, promptOf, SORT_FILMS } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import type { Served } from './support/served';
import { TOLD } from './support/told';
import { expect, test } from './support/test';

const ROWS = 200;
const SAMPLE = 4;
const ROWS_COMPARED = 1_000;
/** About as many transactions as the run has; a k beyond the last one is a run that nobody kills. */
const TRANSACTIONS_ABOUT = 60;
const SEED = Number(process.env.PENNYBATCH_SEED ?? 1);
const KEY = 'sk-kills-77ab10';
const DIES = 'dies after its transaction';

/** Put before the worker's own script: it counts what lands, and after the k-th the thread does nothing any more. */
function hook(k: number): string {
  return `{
    let landed = 0;
    const count = () => {
      landed += 1;
      if (landed === ${k}) { console.log('${DIES} ' + landed); for (;;); }
    };
    const { flush } = FileSystemSyncAccessHandle.prototype;
    FileSystemSyncAccessHandle.prototype.flush = function () { flush.call(this); count(); };
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...names) {
      const opened = transaction.apply(this, names);
      if (opened.mode === 'readwrite') opened.addEventListener('complete', count);
      return opened;
    };
  }\n`;
}

/** The k-s to visit, unless all are wanted. */
function wanted(): number[] {
  if (process.env.PENNYBATCH_KILL_AT) return process.env.PENNYBATCH_KILL_AT.split(',').map(Number);
  return Array.from({ length: SAMPLE }, (_, draw) => {
    // The fractional parts of multiples of the golden ratio spread evenly.
    const part = ((SEED + draw) * 0.618_033_988_75) % 1;
    return 2 + Math.floor(part * TRANSACTIONS_ABOUT);
  });
}

/** Ends the page and its worker at once, as a crash does. */
async function crash(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
}

/** One life with a kill after its k-th transaction. False where it ended before it had so many. */
async function killedAfter(k: number, context: BrowserContext, mock: Mock, served: Served): Promise<boolean> {
  const file = firstRows(movies(), ROWS);
  const input = records(file.buffer.toString());
  const before = (await mock.ledger()).calls.length;
  let page = await context.newPage();
  const died = page.waitForEvent('console', { predicate: line => line.text().startsWith(DIES), timeout: 120_000 });
  served.lines = hook(k);
  const life = (async () => {
    const runner = await readyRunner(page, file, {
      'Base URL': mock.baseUrl, 'API key': KEY, 'User prompt': ID_AND_TITLE, 'Concurrency': 16, 'Max retries': 4,
      'Timeout': 20,
    }, `${served.address}#/run`);
    await runner.start();
    await runner.untilFinished();
    return false;
  })();
  // Whichever comes second ends in an error once the page is gone, and says nothing more.
  died.catch(() => undefined);
  life.catch(() => undefined);
  if (!(await Promise.race([died.then(() => true), life]))) {
    await page.close();
    return false;
  }
  served.lines = '';
  await crash(context, page);

  await expect.poll(async () => (await mock.totals()).open).toBe(0);
  const arrived = (await mock.ledger()).calls.slice(before);
  const killed = before + arrived.length;
  page = await context.newPage();
  await page.goto(`${served.address}#/runs`);
  const found = page.getByRole('list', { name: 'Runs' }).getByRole('link');
  const nowhere = page.getByText('No runs yet');
  await expect(found.or(nowhere)).toBeVisible();
  if (await found.isVisible()) {
    const finished = (await found.innerText()) === 'Open';
    await found.click();
    const runner = new Runner(page);
    await expect(runner.status).toContainText(finished ? 'Finished' : 'Paused');
    const prompts = new Map(input.map(row => [row.id, promptOf(row)]));
    const ended = new Set(readJsonl(await runner.export('Export JSONL')).map(line => prompts.get(line.id)));
    const open = arrived.some(call => call.billed && !ended.has(call.message));
    const asked = finished ? 'finished' : await runner.goOn(KEY);
    if (open) expect(asked, `calls that were charged for, with no answer kept, after transaction ${k}`).toBe('cut off');
    await runner.untilFinished();
    const { calls } = await mock.ledger();
    const twice = calls.slice(killed).filter(call => ended.has(call.message)).map(call => call.message);
    expect(twice, `rows that had ended before the kill after transaction ${k}, and were sent again`).toEqual([]);
    const results = readJsonl(await runner.export('Export JSONL'));
    expect(results.map(line => line.result)).toEqual(input.map(row => expectedAnswer(SORT_FILMS, promptOf(row))));
    const due = billed(calls.slice(before));
    const spend = await runner.spend();
    expect(spend.confirmed).toBeLessThanOrEqual(due);
    expect(due).toBeLessThanOrEqual(spend.confirmed + spend.doubtful);
    console.log(`transaction ${k}: ${killed - before} calls before, ${ended.size} rows ended, ${calls.length - killed} after`);
  } else {
    expect(killed - before, `calls of a run that is nowhere, killed after transaction ${k}`).toBe(0);
    console.log(`transaction ${k}: the run had not begun`);
  }
  return true;
}

interface Parts {
  browser: Browser;
  startMock: (...flags: string[]) => Promise<Mock>;
  serveWith: (lines: string) => Promise<Served>;
}

/** A context of its own: neither its storage nor its request cache knows of another life. */
async function visit(k: number, { browser, startMock, serveWith }: Parts): Promise<boolean> {
  const mock = await startMock('--api-key', KEY, '--latency-ms', '40');
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const died = await killedAfter(k, context, mock, await serveWith(''));
  await context.close();
  return died;
}

if (process.env.PENNYBATCH_KILL_AT === 'all') {
  test('killed after every transaction, one by one, a run of 200 rows goes on to its end', async ({ browser, startMock, serveWith }) => {
    test.setTimeout(3_600_000);
    let k = 1;
    while (await visit(k, { browser, startMock, serveWith })) k += 1;
    console.log(`the run has ${k - 1} transactions`);
  });
} else {
  for (const k of wanted()) {
    test(`killed between two transactions, after number ${k}, a run of 200 rows goes on to its end`, async ({ browser, startMock, serveWith }) => {
      console.log(`PENNYBATCH_SEED=${SEED}`);
      await visit(k, { browser, startMock, serveWith });
    });
  }
}

/** Put before the worker's own script: it compares what is sent and what the page is told with what has been flushed. */
const COMPARES = `{
  const text = new TextDecoder();
  const count = (name, bytes) => bytes.split('"' + name + '":{').length - 1;
  let written = '';
  const down = { reserved: 0, settled: 0 };
  const seen = { sent: 0, told: 0, flushes: 0, faults: [] };
  const { write, flush } = FileSystemSyncAccessHandle.prototype;
  FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
    written += text.decode(bytes);
    return write.call(this, bytes, options);
  };
  FileSystemSyncAccessHandle.prototype.flush = function () {
    flush.call(this);
    for (const name of Object.keys(down)) down[name] += count(name, written);
    written = '';
    seen.flushes += 1;
  };
  const { fetch, postMessage } = self;
  self.fetch = (address, init) => {
    if (init?.method === 'POST') {
      seen.sent += 1;
      if (seen.sent > down.reserved) seen.faults.push('sent ' + seen.sent + ', reserved ' + down.reserved);
    }
    return fetch.call(self, address, init);
  };
  // What the page is told of progress begins with the kind of message, the run's rows and how many are done.
  const rowsDone = bytes => {
    if (bytes?.[0] !== ${TOLD.progress}) return 0;
    let at = 1;
    const next = () => (bytes[at] < 128 ? bytes[at++] : bytes[at++] - 128 + 128 * next());
    next();
    return next();
  };
  self.postMessage = (envelope, ...more) => {
    const done = rowsDone(envelope?.message);
    seen.told = Math.max(seen.told, done);
    if (done > down.settled) seen.faults.push('told ' + done + ', settled ' + down.settled);
    return postMessage.call(self, envelope, ...more);
  };
  self.comparison = () => ({ ...seen, ...down });
}\n`;

interface Comparison {
  sent: number;
  told: number;
  flushes: number;
  reserved: number;
  settled: number;
  faults: string[];
}

test('nothing is sent or counted before its record is on the disk, however flushes are grouped', async ({ page, startMock, serveWith }) => {
  const mock = await startMock('--api-key', KEY, '--latency-ms', '4');
  const served = await serveWith(COMPARES);
  const runner = await readyRunner(page, numberedRows(ROWS_COMPARED), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'User prompt': '{{name}}', 'Concurrency': 32,
  }, `${served.address}#/run`);
  await runner.start();
  await runner.untilFinished();
  const worker = page.workers().find(worker => /\/worker-[^/]*\.js$/.test(worker.url()))!;
  const seen = await worker.evaluate(() => (self as unknown as { comparison: () => Comparison }).comparison());
  console.log(JSON.stringify(seen));
  expect(seen.faults).toEqual([]);
  const all = { sent: ROWS_COMPARED, told: ROWS_COMPARED, reserved: ROWS_COMPARED, settled: ROWS_COMPARED };
  expect(seen).toMatchObject(all);
  expect(seen.flushes, 'answers that come together share a flush').toBeLessThan(ROWS_COMPARED);
});

// The worker dies between two transactions of its storage: after the k-th flush of a file or commit of the database,
// before it can do anything more. Then the run is opened again and goes on to its end.
//
// PENNYBATCH_KILL_AT=all visits every k, one by one; a list such as 3,17,40 visits these; else a sample is drawn.
// PENNYBATCH_SEED repeats the draw of an earlier time.

import type { BrowserContext, Page } from '@playwright/test';
import { firstRows, movies, readJsonl, records } from './support/data';
import { expectedAnswer, type Mock } from './support/mock';
import { Runner } from './support/runner';
import { expect, test } from './support/test';

const ROWS = 200;
const SAMPLE = 4;
/** About as many transactions as the run has; a k beyond the last one is a run that nobody kills. */
const TRANSACTIONS_ABOUT = 60;
const SEED = Number(process.env.PENNYBATCH_SEED ?? Date.now() % 1_000_000);
const KEY = 'sk-kills-77ab10';
const SYSTEM = 'Classify the film into exactly one genre: drama, comedy, action, horror, other. Respond with one word.';
const USER = '{{id}}: {{title}}';
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

/** In the page, before its own scripts: workers begin with the hook. */
function hooked(hook: string): void {
  window.Worker = class extends Worker {
    constructor(script: string | URL, options?: WorkerOptions) {
      const source = `${hook}import ${JSON.stringify(String(script))};`;
      super(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })), options);
    }
  };
}

/** The k-s to visit; without an end where all of them are wanted. */
function* wanted(): Generator<number> {
  const list = process.env.PENNYBATCH_KILL_AT;
  if (list === 'all') {
    for (let k = 1; ; k++) yield k;
  }
  if (list) {
    yield* list.split(',').map(Number);
    return;
  }
  for (let draw = 0; draw < SAMPLE; draw++) {
    // The fractional parts of multiples of the golden ratio spread evenly.
    const part = ((SEED + draw) * 0.618_033_988_75) % 1;
    yield 2 + Math.floor(part * TRANSACTIONS_ABOUT);
  }
}

/** Ends the page and its worker at once, as a crash does. */
async function crash(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
}

function promptOf(row: Record<string, string>): string {
  return `${row.id}: ${row.title}`;
}

/** One life with a kill after its k-th transaction. False where it ended before it had so many. */
async function killedAfter(k: number, context: BrowserContext, mock: Mock, baseURL: string): Promise<boolean> {
  const file = firstRows(movies(), ROWS);
  const input = records(file.buffer.toString());
  const before = (await mock.ledger()).calls.length;
  let page = await context.newPage();
  await page.addInitScript(hooked, hook(k));
  const died = page.waitForEvent('console', { predicate: line => line.text().startsWith(DIES), timeout: 90_000 });
  let runner = new Runner(page);
  const life = (async () => {
    await runner.open(`${baseURL}#/run`);
    await runner.chooseData(file);
    await runner.enter({
      'System prompt': SYSTEM, 'User prompt': USER, 'Base URL': mock.baseUrl, 'API key': KEY, 'Model': 'gpt-4o-mini',
      'Max output tokens': 16, 'Concurrency': 16, 'Max retries': 4, 'Timeout': 20,
    });
    await runner.start();
    await runner.untilFinished(60_000);
    return false;
  })();
  // Whichever comes second ends in an error once the page is gone, and says nothing more.
  died.catch(() => undefined);
  life.catch(() => undefined);
  if (!(await Promise.race([died.then(() => true), life]))) {
    await page.close();
    return false;
  }
  await crash(context, page);

  await expect.poll(async () => (await mock.totals()).open).toBe(0);
  const killed = (await mock.ledger()).calls.length;
  page = await context.newPage();
  runner = new Runner(page);
  await runner.open(`${baseURL}#/run`);
  const again = runner.button('Resume run');
  // Where nothing was sent, there may be no run yet; where something was, there has to be one.
  const waitsFor = again.waitFor({ timeout: killed > before ? 20_000 : 3_000 });
  if (await waitsFor.then(() => true, () => false)) {
    await again.click();
    await expect(runner.status).toBeVisible();
    const prompts = new Map(input.map(row => [row.id, promptOf(row)]));
    const ended = new Set(readJsonl(await runner.export('Export JSONL')).map(line => prompts.get(line.id)));
    await runner.field('API key').fill(KEY);
    await runner.button('Send again').or(runner.button('Resume')).or(runner.button('Start run')).first().click();
    await runner.untilFinished(60_000);
    const { calls } = await mock.ledger();
    const twice = calls.slice(killed).filter(call => ended.has(call.message)).map(call => call.message);
    expect(twice, `rows that had ended before the kill after transaction ${k}, and were sent again`).toEqual([]);
    const results = readJsonl(await runner.export('Export JSONL'));
    expect(results.map(line => line.result)).toEqual(input.map(row => expectedAnswer(SYSTEM, promptOf(row))));
    const billed = calls.slice(before).filter(call => call.billed).reduce((sum, call) => sum + BigInt(call.cost_pico), 0n);
    const spend = await runner.spend();
    expect(spend.confirmed).toBeLessThanOrEqual(billed);
    expect(billed).toBeLessThanOrEqual(spend.confirmed + spend.doubtful);
    console.log(`transaction ${k}: ${killed - before} calls before, ${ended.size} rows ended, ${calls.length - killed} after`);
  } else {
    expect(killed - before, `calls of a run that is nowhere, killed after transaction ${k}`).toBe(0);
    console.log(`transaction ${k}: the run had not begun`);
  }
  return true;
}

test('killed between two transactions, a run of 200 rows goes on to its end', async ({ browser, startMock, baseURL }) => {
  test.setTimeout(process.env.PENNYBATCH_KILL_AT ? 3_600_000 : 180_000);
  console.log(`PENNYBATCH_SEED=${SEED}`);
  const mock = await startMock('--api-key', KEY);
  await mock.set({ latency_ms: 40 });
  for (const k of wanted()) {
    // A context of its own: neither its storage nor its request cache knows of the last one. The page's policy allows
    // no script such as the hook.
    const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
    const died = await killedAfter(k, context, mock, baseURL ?? '');
    await context.close();
    if (!died && process.env.PENNYBATCH_KILL_AT === 'all') {
      console.log(`the run has ${k - 1} transactions`);
      break;
    }
  }
});

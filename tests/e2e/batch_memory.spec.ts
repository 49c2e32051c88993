// Answers that are long, and many: they stream in, are read back where they are wanted, and memory stays small.
//
// PENNYBATCH_BATCH_MB: how large the result file is (default 6). From 200 on, memory is judged too; judge the page that
// is published: `PENNYBATCH_BATCH_MB=200 cargo dev test --release --only e2e batch_memory.spec.ts`.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { books, setBatch } from './support/batch';
import { Mock, expectedAnswer } from './support/mock';
import { KillableBrowser, Profile } from './support/browser';
import { numberedRows, readJsonl } from './support/data';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import { expect, test } from './support/test';

const MB = Number(process.env.PENNYBATCH_BATCH_MB ?? 6);
const ANSWER_BYTES = 10_000;
const ROWS = MB * 100;
const OWN_BYTES_MAX = 200_000_000;
const JUDGED = MB >= 200;
const KEY = 'sk-memory-51fe20';

/** The most that the page and its workers hold while something goes on, looked at five times a second. */
async function peakWhile(browser: KillableBrowser, ends: () => Promise<boolean>): Promise<number> {
  let peak = 0;
  await expect.poll(async () => {
    peak = Math.max(peak, browser.ownBytes());
    return ends();
  }, { message: 'it should end within ten minutes', intervals: [200], timeout: 600_000 }).toBe(true);
  return peak;
}

/** Forgets what the debugger made the page keep: that is no part of what is measured. */
async function forget(browser: KillableBrowser): Promise<void> {
  const session = await browser.page.context().newCDPSession(browser.page);
  await session.send('HeapProfiler.collectGarbage');
}

/** A run that is about to get long answers. */
async function begin(browser: KillableBrowser, mock: Mock, page: string, latencyMs: number): Promise<Runner> {
  const runner = await readyRunner(browser.page, numberedRows(ROWS), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'System prompt': BRIEF, 'User prompt': '{{id}}: {{name}}',
    'Max output tokens': 4_000, 'Concurrency': 1,
  }, page);
  await mock.set({ latency_ms: latencyMs });
  await runner.start();
  return runner;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** Each row has its own answer, whole. */
async function checkExport(runner: Runner): Promise<void> {
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.length).toBe(ROWS);
  let bytes = 0;
  lines.forEach((line, row) => {
    const answer = expectedAnswer(BRIEF, `r${row}: Row ${row}`);
    const repeats = line.result.split(answer).length - 1;
    if (line.id !== `r${row}` || repeats * (answer.length + 1) !== line.result.length && line.result !== answer) {
      throw new Error(`row ${row} has ${line.result.length} bytes of something else: ${line.result.slice(0, 60)}`);
    }
    bytes += line.result.length;
  });
  expect(bytes).toBeGreaterThan(ROWS * ANSWER_BYTES * 0.9);
}

test('long answers stream to the disk, are read back for tables and exports, and outlive a crash', async ({
  startMock, baseURL, launchOptions,
}) => {
  test.setTimeout(JUDGED ? 1_800_000 : 300_000);
  const wait = { timeout: JUDGED ? 600_000 : 120_000 };
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { delay_ms: 12_000, pad_bytes: ANSWER_BYTES });
  const profile = new Profile();
  let browser = await profile.open(launchOptions);
  try {
    let runner = await begin(browser, mock, `${baseURL}#/run`, 1_500);
    await runner.expand('More');
    await runner.expand('Batch API');
    await runner.button('Send the rest to the Batch API').click();
    await expect.poll(async () => (await books(mock)).jobs.length, wait).toBe(1);
    await browser.untilSteady();
    await forget(browser);
    await browser.detach();
    const before = await browser.untilSteady();
    // The file may be on the disk long before its last row is settled.
    const arriving = await peakWhile(browser, async () => (await browser.title()).startsWith('Finished'));
    const told = await books(mock);
    await browser.attach();
    runner = new Runner(browser.page);
    await runner.untilFinished(wait.timeout);
    const exporting = runner.export('Export JSONL').then(() => true);
    let exported = false;
    void exporting.then(() => { exported = true; });
    const exportPeak = await peakWhile(browser, async () => exported);
    await exporting;
    console.log(
      `a result file of ${megabytes(told.result_bytes)}: ${megabytes(before)} before, ${megabytes(arriving)} at most ` +
      `while it came, ${megabytes(exportPeak)} at most while it was exported`,
    );
    expect(told.billed_twice).toEqual([]);
    await checkExport(runner);

    await browser.kill();
    browser = await profile.open(launchOptions);
    runner = new Runner(browser.page);
    await browser.page.goto(`${baseURL}#/runs`);
    await browser.page.getByRole('link', { name: /^Open/ }).first().click();
    await runner.untilFinished(wait.timeout);
    console.log(`opened again: ${megabytes(browser.ownBytes())}`);
    await checkExport(runner);
    if (JUDGED) {
      expect(told.result_bytes).toBeGreaterThanOrEqual(200_000_000);
      expect(arriving, 'memory while a result file streamed in').toBeLessThan(OWN_BYTES_MAX);
    }
  } finally {
    await browser.kill();
    profile.delete();
  }
});

/** A result file as the provider would write it, for the requests of `requests`. */
function writeResults(path: string, requests: string): number {
  const file = openSync(path, 'w');
  let bytes = 0;
  for (const { custom_id } of requests.trimEnd().split('\n').map(line => JSON.parse(line))) {
    const row = custom_id.slice(custom_id.lastIndexOf('-') + 1);
    const answer = `${expectedAnswer(BRIEF, `r${row}: Row ${row}`)} `;
    const content = answer.repeat(Math.ceil(ANSWER_BYTES / answer.length));
    const body = {
      id: `chatcmpl-${row}`, object: 'chat.completion', model: 'gpt-4o-mini',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 20, completion_tokens: 2_000, total_tokens: 2_020 },
    };
    const response = { status_code: 200, request_id: `req-${row}`, body };
    bytes += writeSync(file, `${JSON.stringify({ id: `batch_req_${row}`, custom_id, response, error: null })}\n`);
  }
  closeSync(file);
  return bytes;
}

test('a result file that the person chooses streams in as well', async ({ startMock, baseURL, launchOptions }) => {
  test.setTimeout(JUDGED ? 1_200_000 : 180_000);
  const mock = await startMock('--api-key', KEY);
  const profile = new Profile();
  const results = join(profile.directory, 'results.jsonl');
  const browser = await profile.open(launchOptions);
  try {
    let runner = await begin(browser, mock, `${baseURL}#/run`, 3_000);
    await runner.pause();
    await runner.expand('More');
    await runner.expand('Request files');
    const downloading = browser.page.waitForEvent('download');
    await runner.button('Export requests').click();
    const bytes = writeResults(results, readFileSync(await (await downloading).path(), 'utf8'));

    // Playwright carries no file of this size to a browser that it did not start.
    const session = await browser.page.context().newCDPSession(browser.page);
    const { result } = await session.send('Runtime.evaluate', { expression: 'document.getElementById("import-results")' });
    await forget(browser);
    const before = browser.ownBytes();
    await session.send('DOM.setFileInputFiles', { files: [results], objectId: result.objectId });
    await browser.detach();
    const arriving = await peakWhile(browser, async () => (await browser.title()).startsWith('Finished'));
    await browser.attach();
    runner = new Runner(browser.page);
    console.log(`a chosen result file of ${megabytes(bytes)}: ${megabytes(before)} before, ${megabytes(arriving)} at most`);
    await expect(runner.status).toContainText(`Finished: ${ROWS.toLocaleString('en')} answered`);
    await checkExport(runner);
    if (JUDGED) {
      expect(bytes).toBeGreaterThanOrEqual(200_000_000);
      expect(arriving, 'memory while a result file streamed in').toBeLessThan(OWN_BYTES_MAX);
    }
  } finally {
    await browser.kill();
    profile.delete();
  }
});

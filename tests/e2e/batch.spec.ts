// A run handed over to the provider's Batch API, killed at every stage, taken back, and paid for once.
//
// PENNYBATCH_BATCH_ROWS: how many rows the killed run has (default 60; 120000 makes three full jobs).

import { begin, books, checkAnswers, checkSpend, handOver, KEY, setBatch } from './support/batch';
import { Profile } from './support/browser';
import { Runner } from './support/runner';
import { expect, test } from './support/test';

const ROWS = Number(process.env.PENNYBATCH_BATCH_ROWS ?? 60);
const PER_JOB = ROWS > 1_000 ? 50_000 : Math.ceil(ROWS / 3);
const SLOW = ROWS > 1_000;

/** No job is done before a test wants it to be, however slow the machine is. */
const NOT_YET_MS = 600_000;

test('killed while uploading, after creating, while polling and while downloading: three jobs, each row paid once', async ({
  startMock, baseURL, launchOptions,
}) => {
  test.setTimeout(SLOW ? 900_000 : 360_000);
  const wait = { timeout: SLOW ? 240_000 : 90_000 };
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { upload_hold_ms: NOT_YET_MS, delay_ms: NOT_YET_MS, pad_bytes: SLOW ? 0 : 9_000 });
  const profile = new Profile();
  let browser = await profile.open(launchOptions);
  /** Kills the browser, lets the provider behave otherwise, and resumes the run. */
  const killed = async (changes: Record<string, unknown>): Promise<Runner> => {
    await browser.kill();
    await setBatch(mock, changes);
    browser = await profile.open(launchOptions);
    const runner = new Runner(browser.page);
    await runner.open(`${baseURL}#/run`);
    await runner.button('Resume run').click();
    await runner.goOn(KEY);
    return runner;
  };
  const jobs = () => browser.page.getByRole('region', { name: 'Batch jobs' });
  try {
    let runner = await begin(browser.page, mock, ROWS, {}, `${baseURL}#/run`);
    await handOver(browser.page, runner, mock, PER_JOB);

    // While the first file is being uploaded.
    await expect.poll(async () => (await books(mock)).files, wait).toBeGreaterThan(0);
    runner = await killed({ upload_hold_ms: 0, create_hold_ms: NOT_YET_MS });
    await expect(jobs()).toBeVisible();

    // The provider has every job, and the page knows no id. (Killed between an intent and its request, it would rightly
    // wait for ten minutes whether a job comes to be.)
    await expect.poll(async () => (await books(mock)).jobs.length, wait).toBe(3);
    runner = await killed({ create_hold_ms: 0 });

    // All jobs are known and being worked on.
    await expect.poll(async () => (await books(mock)).jobs.length, wait).toBe(3);
    await expect(jobs()).toContainText('batch_', wait);
    runner = await killed({ delay_ms: 0, chunk_hold_ms: SLOW ? 20 : NOT_YET_MS });

    // A result file is being read.
    await expect(jobs()).toContainText('reading results', wait);
    runner = await killed({ chunk_hold_ms: 0 });

    await runner.untilFinished(wait.timeout * 2);
    const end = await books(mock);
    console.log(`${ROWS} rows: ${end.jobs.map(job => `${job.id} ${job.status} ${job.completed}`).join(', ')}; ${end.files} files`);
    expect(end.jobs.map(job => job.status)).toEqual(['completed', 'completed', 'completed']);
    expect(end.billed_twice, 'rows that were paid for twice').toEqual([]);
    const sync = (await mock.totals()).billed;
    expect((await runner.spend()).doubtful, 'nothing was cut off: only jobs were under way').toBe(0n);
    expect(end.billed_rows + sync, 'each row is paid for once').toBe(ROWS);
    await checkSpend(runner, mock);
    await checkAnswers(runner, ROWS);
  } finally {
    await browser.kill();
    profile.delete();
  }
});

test('handed over at about half, taken back, and complete at the two prices', async ({ page, startMock }) => {
  const rows = 400;
  const mock = await startMock('--api-key', KEY, '--latency-ms', '5');
  await setBatch(mock, { delay_ms: NOT_YET_MS, cancel_percent: 30 });
  const runner = await begin(page, mock, rows, { 'Concurrency': 16 });
  await mock.set({ hold_from: 150 });
  await runner.untilDone(150);
  await handOver(page, runner, mock, 80);
  const jobs = page.getByRole('region', { name: 'Batch jobs' });
  await expect(jobs).toContainText('in_progress');
  await runner.button('Cancel batch and continue here').click();
  await runner.untilFinished();
  const { jobs: ended, billed_twice: twice, billed_rows: handed } = await books(mock);
  console.log(ended.map(job => `${job.status}: ${job.completed} of ${job.rows}`).join(', '));
  expect(ended.some(job => job.status === 'cancelled' && job.completed > 0)).toBe(true);
  expect(twice).toEqual([]);
  const totals = await mock.totals();
  expect(handed + totals.billed).toBe(rows);
  expect(handed).toBeGreaterThan(0);
  expect((await runner.spend()).doubtful).toBe(0n);
  await checkSpend(runner, mock);
  await checkAnswers(runner, rows);
});

test('expired, failed, repeated and missing rows, a lost creation and a full queue: said, kept, and gone on with', async ({
  page, startMock,
}) => {
  const rows = 90;
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { delay_ms: 500, expire_percent: 50, fail_every: 7, repeat_every: 5, lose_creates: 1 });
  const runner = await begin(page, mock, rows);
  await handOver(page, runner, mock, 40);
  await expect(runner.status).toContainText('the batch jobs ended and left rows');
  const first = await books(mock);
  expect(first.jobs.every(job => job.status === 'expired')).toBe(true);
  expect(first.jobs.reduce((sum, job) => sum + job.rows, 0), 'no row is in two jobs').toBeLessThanOrEqual(rows);
  await setBatch(mock, { expire_percent: null, fail_every: 0 });
  await runner.button('Resume').click();
  await runner.untilFinished();
  await runner.button('Retry failed').click();
  await expect(runner.status).toContainText(`Finished: ${rows} answered.`);
  expect((await books(mock)).billed_twice).toEqual([]);
  await checkSpend(runner, mock);
  await checkAnswers(runner, rows);
});

// Hand-over without the page's own requests: request files out, run by the very shell lines that the page shows, and
// the results back in; and the Demo's jobs, which a newcomer can try.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { books, setBatch } from './support/batch';
import { READERS, REFUSAL, startReader } from './support/batch_reader';
import { OWN_READERS, startOwnReader } from './support/batch_reader_own';
import { expectedAnswer, type Mock } from './support/mock';
import { clockOf } from './support/clock';
import { numberedRows, readJsonl } from './support/data';
import { BRIEF } from './support/prompts';
import { readyRunner, sampleRunner, type Runner } from './support/runner';
import { expect, leapTest, test, type Page } from './support/test';

const ROWS = 45;
const KEY = 'sk-by-file-90b1c2';

/** A run of which nothing was answered: it waits for its first answer when it is paused. */
async function pausedRun(page: Page, mock: Mock, model: string): Promise<Runner> {
  // One call goes out, and no second: the first is answered after the pause.
  await mock.set({ hold_from: 0 });
  const runner = await readyRunner(page, numberedRows(ROWS), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'System prompt': BRIEF, 'User prompt': '{{id}}: {{name}}', 'Model': model,
    'Concurrency': 1,
  });
  await runner.start();
  await runner.pause(mock);
  await expect(runner.status).toContainText('[1/45]');
  return runner;
}

/** Exports the requests for `target` to a folder, with the lines that the page shows, which call `real`. */
async function exported(page: Page, runner: Runner, target: string, real: string): Promise<{ folder: string; lines: string }> {
  await runner.expand('More');
  await runner.expand('Request files');
  await page.getByLabel('Request file for', { exact: true }).selectOption({ label: target });
  const downloading = page.waitForEvent('download');
  await runner.button('Export requests').click();
  const download = await downloading;
  const folder = mkdtempSync(join(tmpdir(), 'pennybatch-by-file-'));
  await download.saveAs(join(folder, download.suggestedFilename()));
  const lines = await page.getByLabel('Shell lines', { exact: true }).innerText();
  expect(lines).toContain(real);
  expect(lines).not.toContain(KEY);
  return { folder, lines };
}

/** Does in a shell what the page says; another server stands in for the real one, and a minute is long for a test. */
async function inShell(lines: string, folder: string, real: string, standIn: string, keys: Record<string, string>): Promise<[string, string]> {
  const script = lines.replaceAll(real, standIn).replaceAll('sleep 60', 'sleep 0.2');
  const shell = spawn('sh', ['-eu'], { cwd: folder, env: { ...process.env, ...keys }, timeout: 60_000 });
  shell.stdin.end(script);
  const [out, words, [status]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'exit')]);
  for (const key of Object.values(keys)) expect(out + words).not.toContain(key);
  return [`${status} ${words}`, out];
}

async function carriedOut(page: Page, runner: Runner, target: string, real: string, mock: Mock): Promise<string> {
  const { folder, lines } = await exported(page, runner, target, real);
  const [ended] = await inShell(lines, folder, real, mock.http, { OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY });
  expect(ended, 'the shell lines run as they are').toBe('0 ');
  return folder;
}

async function checkAnswers(runner: Runner, rows: number): Promise<void> {
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.length).toBe(rows);
  const wrong = lines.filter(line => line.result !== expectedAnswer(BRIEF, `${line.id}: Row ${String(line.id).slice(1)}`));
  expect(wrong, 'every row has its own answer').toEqual([]);
}

test('OpenAI by file: the lines of the page upload, create, wait and fetch, and both files come back into the run', async ({
  page, startMock,
}) => {
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { delay_ms: 700, fail_every: 11, repeat_every: 9 });
  const runner = await pausedRun(page, mock, 'gpt-4o-mini');
  const folder = await carriedOut(page, runner, 'OpenAI', 'https://api.openai.com', mock);
  try {
    await page.getByLabel('Import results', { exact: true })
      .setInputFiles(['results.jsonl', 'errors.jsonl'].map(name => join(folder, name)));
    await expect(runner.status).toContainText('Finished: 41 answered, 4 failed');
    const { billed_pico, billed_twice } = await books(mock);
    const { confirmed, doubtful } = await runner.spend();
    expect({ confirmed, doubtful }).toEqual({
      confirmed: BigInt((await mock.totals()).billed_pico) + BigInt(billed_pico), doubtful: 0n,
    });
    expect(billed_twice).toEqual([]);
    await checkAnswers(runner, 41);
    const ledger = await runner.export('Export ledger');
    expect(ledger.split('\n').filter(line => line.includes('batch_')).length, 'request ids of the rows that the job answered').toBe(40);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('Anthropic by file: the lines of the page run against Message Batches, and what expired stays open', async ({
  page, startMock,
}) => {
  const mock = await startMock('--api-key', KEY);
  await fetch(`${mock.http}/__message_batches/set`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ delay_ms: 700, fail_every: 11, expire_percent: 80 }),
  });
  const runner = await pausedRun(page, mock, 'gpt-4o-mini');
  const folder = await carriedOut(page, runner, 'Anthropic', 'https://api.anthropic.com', mock);
  try {
    const results = readFileSync(join(folder, 'results.jsonl'), 'utf8');
    expect(results.split('\n').filter(line => line.includes('"expired"')).length).toBe(9);
    await page.getByLabel('Import results', { exact: true }).setInputFiles(join(folder, 'results.jsonl'));
    await expect(page.getByText(/results\.jsonl: 32 rows answered, 3 failed/)).toBeVisible();
    const { batches } = await (await fetch(`${mock.http}/__message_batches`)).json();
    expect(batches.map((batch: { counts: object }) => batch.counts)).toEqual([{ errored: 3, expired: 9, succeeded: 32 }]);
    const billed = BigInt((await mock.totals()).billed_pico) + BigInt(batches[0].billed_pico);
    await expect.poll(async () => (await runner.spend()).confirmed).toBe(billed);
    await checkAnswers(runner, 33);
    // What expired was not paid for, and goes on one by one.
    await runner.button('Resume').click();
    await expect(runner.status).toContainText('Finished: 42 answered, 3 failed');
    await checkAnswers(runner, 42);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The shell lines of each service, what they tell at the end, and the files that they leave. */
const SERVICES = [
  ...READERS.map(kind => ({ kind, told: kind.done, files: ['results.jsonl', 'errors.jsonl'], start: startReader.bind(null, kind) })),
  ...OWN_READERS.map(kind => ({ kind, told: kind.ended, files: ['results.jsonl'], start: startOwnReader.bind(null, kind) })),
];

for (const { kind, told, files, start } of SERVICES) {
  test(`${kind.name} by file: what the lines send is what its documentation asks for, and a refusal ends them`, async ({
    page, startMock,
  }) => {
    const mock = await startMock('--api-key', KEY);
    const runner = await pausedRun(page, mock, "a 'model'");
    const reader = await start(KEY, "a 'model'", BRIEF);
    const { folder, lines } = await exported(page, runner, kind.name, kind.host);
    try {
      const [refused] = await inShell(lines, folder, kind.host, reader.address, { [kind.keyName]: 'sk-wrong-0001' });
      expect(refused).toContain(REFUSAL);
      expect(refused).not.toMatch(/^0/);
      expect(reader.requests, 'nothing is asked after a refusal').toBe(1);

      const [ended, out] = await inShell(lines, folder, kind.host, reader.address, { [kind.keyName]: KEY });
      expect(ended, 'the shell lines run as they are').toBe('0 ');
      expect(out.trim()).toBe(told);
      expect(reader.faults).toEqual([]);
      await page.getByLabel('Import results', { exact: true }).setInputFiles(files.map(name => join(folder, name)));
      await expect(runner.status).toContainText('Finished: 44 answered, 1 failed');
      await checkAnswers(runner, 44);
    } finally {
      reader.close();
      rmSync(folder, { recursive: true });
    }
  });
}

/** How long the Demo's job takes. */
const DEMO_JOB_MS = 15_000;

leapTest('a newcomer hands the sample over to the Demo, without a key, and takes another one back', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.enter({ 'Concurrency': 2 });
  let clock = await clockOf(page);
  await runner.start();
  await runner.untilDone(5);
  await runner.expand('More');
  const part = runner.disclosure('Batch API').locator('> summary');
  await part.press('Enter');
  const ways = page.getByRole('region', { name: 'Compare' });
  await expect(ways).toContainText('Individual calls');
  await expect(ways).toContainText('Batch API');
  await page.getByLabel('Rows per job', { exact: true }).fill('150');
  await runner.button('Send the rest to the Batch API').press('Enter');
  const jobs = page.getByRole('region', { name: 'Batch jobs' });
  await expect(jobs).toContainText('in_progress');
  // The job would be done before long.
  await clock.stop();
  // The button went with its part of the panel; the focus did not.
  const panel = page.getByRole('region', { name: 'Batch API', exact: true });
  await expect(panel).toBeFocused();
  expect(await jobs.getByRole('row').count()).toBeGreaterThanOrEqual(3);
  await runner.disclosure('Request files').locator('> summary').press('Enter');
  await runner.button('Export requests').press('Enter');
  await expect(page.getByText(/in a batch job: there is nothing to hand over/), 'nobody is asked twice').toBeVisible();
  await clock.leap(DEMO_JOB_MS);
  await runner.untilFinished();
  await expect(runner.status).toContainText('Finished: 500 answered');
  expect(readJsonl(await runner.export('Export JSONL')).length).toBe(500);
  expect((await runner.spend()).confirmed).toBeGreaterThan(0n);

  await page.reload();
  await runner.chooseSample();
  clock = await clockOf(page);
  await runner.openMore();
  await page.getByLabel('Use cache', { exact: true }).uncheck();
  await runner.enter({ 'User prompt': 'Another question about {{name}}', 'Concurrency': 8 });
  await runner.start();
  await runner.expand('More');
  await runner.expand('Batch API');
  await runner.button('Send the rest to the Batch API').press('Enter');
  await expect(jobs).toContainText('in_progress');
  await clock.stop();
  await runner.button('Cancel batch and continue here').press('Enter');
  await expect(page.locator('#run-state'), 'the panel went with the jobs').toBeFocused();
  await clock.leap(0);
  await runner.untilFinished();
  await expect(runner.status).toContainText('Finished: 500 answered');
});

// axe in the states that a person gets to less often. A state that can't be reached fails its test.

import { readFileSync } from 'node:fs';
import { clean } from './support/axe';
import { begin, handOver, setBatch } from './support/batch';
import { clockLines, clockOf } from './support/clock';
import { csvFile, numberedRows, readJsonl } from './support/data';
import { fillDisk } from './support/disk';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner, sampleRunner } from './support/runner';
import { expect, fastTest, leapTest, test, type Page } from './support/test';
import type { Mock } from './support/mock';

const ROWS = 12;
const KEY = 'sk-states-3f07ad';
const STORES_NOTHING = `${clockLines(1)}IDBFactory.prototype.open = () => new EventTarget();
  delete StorageManager.prototype.getDirectory;\n`;

const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const select = (page: Page, name: string, label: string) => page.getByRole('combobox', { name, exact: true }).selectOption(label);

function rows(page: Page, mock: Mock, more = {}): Promise<Runner> {
  return readyRunner(page, numberedRows(ROWS), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'System prompt': BRIEF, 'User prompt': '{{name}}', 'Concurrency': 2, ...more,
  });
}

function jsonl(name: string, lines: unknown[]) {
  return { name, mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.map(line => `${JSON.stringify(line)}\n`).join('')) };
}

/** The comparison's second model. */
async function secondModel(page: Page, model: string): Promise<void> {
  const second = page.getByRole('combobox', { name: 'Second model', exact: true });
  await second.fill(model);
  await second.press('Escape');
}

test('the calculator: everything that unfolds, the prices and their sources, the share menu', async ({ page }) => {
  await page.goto('./#/?model=gpt-4o&in=900&priced=2026-11-12');
  const runner = new Runner(page);
  await expect(page.getByRole('table', { name: 'Cost by model' })).toBeVisible();
  for (const part of ['Why', 'Sources of these prices', 'Count from text', 'Every way side by side', 'What if']) await runner.expand(part);
  await page.getByLabel('Prompt with one input', { exact: true }).fill('Is this a dairy product? Oat milk');
  await expect(page.getByRole('button', { name: 'Use these lengths' })).toBeVisible();
  await expect(page.locator('.advice__reasons li strong').first()).toBeVisible();
  await clean(page, 'everything unfolded');
  await page.locator('summary', { hasText: /^Share/ }).click();
  await press(page, 'Copy as CSV');
  await clean(page, 'the share menu');
});

test('the calculator with the figures of a file', async ({ page }) => {
  await page.goto('./');
  await press(page, 'Estimate from a file');
  await page.getByLabel('Data file', { exact: true }).setInputFiles(numberedRows(ROWS));
  await expect(page.getByText(/rows\.csv: 12 rows/)).toBeVisible();
  await clean(page, 'a file was estimated');
});

test('an address that leads nowhere', async ({ page }) => {
  await page.goto('./#/nowhere');
  await expect(page.getByRole('heading').first()).toBeVisible();
  await clean(page, 'no such page');
});

test('data: pasted text, a file that is refused, repeats in disguise, a checkpoint for the start', async ({ page }) => {
  const runner = new Runner(page);
  await runner.open();
  await press(page, 'Paste text');
  await page.getByRole('textbox', { name: 'Pasted text', exact: true }).fill('I liked it\nI did not');
  await clean(page, 'pasted text');
  await page.getByLabel('Data file').setInputFiles(csvFile('torn.csv', 'id,name\n1,a\n2,"b\n3,c\n'));
  await expect(page.getByRole('alert').first()).toBeVisible();
  await clean(page, 'a file that is refused');
  await runner.chooseData(csvFile('near.csv', 'id,name\n1,Oat milk\n2,oat milk\n3,Kale\n'));
  await runner.enter({ 'User prompt': '{{name}}' });
  await expect(page.getByText(/from an earlier one only in case/)).toBeVisible();
  await runner.openMore();
  await page.getByLabel('Import checkpoint', { exact: true }).setInputFiles(jsonl('checkpoint.jsonl', [{ id: '1', result: 'dairy' }]));
  await expect(page.getByText('1 row will start as answered')).toBeVisible();
  await clean(page, 'repeats in disguise, and a checkpoint');
});

test('a connection that is refused, one that is taken, and where a key goes', async ({ page, startMock }) => {
  const runner = await rows(page, await startMock('--api-key', KEY), { 'API key': 'sk-wrong' });
  await press(page, 'Check connection');
  await expect(page.getByRole('alert').filter({ hasText: /refused the key \(401\)/ })).toBeVisible();
  await runner.expand('Where does my key go');
  await clean(page, 'a connection that is refused');
  await runner.field('API key').fill(KEY);
  await press(page, 'Check connection');
  await expect(page.getByText(/takes the key/)).toBeVisible();
  await clean(page, 'a connection that is taken');
});

test('a wrong key in a run, and what was cut off', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY, '--hold-from', '4');
  const runner = await rows(page, mock);
  await runner.start();
  await runner.untilDone(4);
  page.on('dialog', dialog => dialog.accept());
  await page.reload();
  await press(page, 'Resume run');
  await expect(runner.button('Count as not billed')).toBeVisible();
  await clean(page, 'the question about calls that were cut off');
  await mock.release();
  await runner.field('API key').fill('sk-wrong');
  await press(page, 'Leave out');
  await expect(page.getByRole('alert').filter({ hasText: /refused the key/ })).toBeVisible();
  await clean(page, 'paused: a wrong key');
});

fastTest('paused by the budget, and the question before a stop', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.enter({ 'Budget': '0.001' });
  await runner.start();
  await expect(runner.button('Raise budget and continue')).toBeVisible();
  await clean(page, 'paused by the budget');
  await press(page, 'Stop');
  await expect(page.getByRole('dialog', { name: /^Stop and cancel/ })).toBeVisible();
  await clean(page, 'the question before a stop');
});

test('a run under way beside the other pages', async ({ page, startMock }) => {
  const mock = await startMock('--hold-from', '4');
  const runner = await rows(page, mock);
  await runner.start();
  await runner.untilDone(4);
  for (const link of ['Calculator', 'Runs', 'Settings']) {
    await page.getByRole('link', { name: link, exact: true }).click();
    await expect(page.getByRole('banner').getByRole('button', { name: 'Pause' })).toBeVisible();
    await clean(page, `a run under way, beside ${link}`);
  }
});

test('storage that refuses, and then an export', async ({ page, startMock }) => {
  const mock = await startMock('--hold-from', '4');
  const runner = await rows(page, mock);
  await runner.start();
  await runner.untilDone(4);
  await fillDisk(page, true);
  await mock.release();
  await expect(page.getByText("Results can't be saved", { exact: true })).toBeVisible();
  await runner.export('Export CSV');
  await clean(page, 'storage refuses');
});

test('storage that does not open', async ({ page, serveWith }) => {
  const host = await serveWith(STORES_NOTHING);
  await page.goto(`${host.address}#/run`);
  const clock = await clockOf(page);
  await clock.leap(3_000);
  await expect(page.getByText("Waiting for the browser's storage.")).toBeVisible();
  await clean(page, 'waiting for the storage');
  await clock.leap(27_000);
  await expect(page.getByText('This browser stores nothing for this page')).toBeVisible();
  await clean(page, 'nothing is stored');
});

fastTest('candidates that are compared, and the Demo that ended', async ({ page }) => {
  const runner = await sampleRunner(page);
  await select(page, 'Answer format', 'Labels');
  await secondModel(page, 'gpt-5.4');
  await expect(page.getByText(/^2 candidates on 100 rows/)).toBeVisible();
  await clean(page, 'a comparison is offered');
  await press(page, 'Compare');
  await runner.untilFinished();
  await expect(page.getByRole('table', { name: 'Comparison', exact: true }).getByRole('row')).toHaveCount(3);
  await clean(page, 'a comparison with results');
  await press(page, 'Run the rest with gpt-5.4');
  await expect(page.getByRole('region', { name: 'Answers', exact: true })).toBeVisible();
  await runner.untilFinished();
  await runner.expand('By label');
  await press(page, 'Show the ' + (await page.getByRole('button', { name: /^Show the \d+ wrong$/ }).innerText()).replace(/\D/g, '') + ' wrong');
  await clean(page, 'answers by label, filtered to those that are wrong');
  await page.getByRole('button', { name: /^Open row / }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Right answer', { exact: true }).fill('other');
  await dialog.getByRole('button', { name: 'Set right answer', exact: true }).click();
  await expect(dialog.getByRole('button', { name: 'Remove right answer' })).toBeVisible();
  await clean(page, 'a corrected row');
  await dialog.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByLabel('Search results', { exact: true }).fill('no such row');
  await expect(page.getByText(/No row/).first()).toBeVisible();
  await clean(page, 'a search that finds nothing');
});

test('a paused run with its request files, with results and a checkpoint that were imported', async ({ page, startMock }) => {
  const mock = await startMock('--hold-from', '4');
  const runner = await rows(page, mock);
  await runner.start();
  await runner.untilDone(4);
  await runner.pause(mock);
  await runner.expand('More');
  await runner.expand('Request files');
  const downloading = page.waitForEvent('download');
  await press(page, 'Export requests');
  const [request] = readJsonl(readFileSync(await (await downloading).path(), 'utf8'));
  await expect(page.getByLabel('Shell lines', { exact: true })).toBeVisible();
  const body = {
    choices: [{ index: 0, message: { role: 'assistant', content: 'an answer' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20, completion_tokens: 5 },
  };
  await page.getByLabel('Import results', { exact: true }).setInputFiles(jsonl('results.jsonl', [
    { custom_id: request.custom_id, response: { status_code: 200, body }, error: null },
  ]));
  await expect(page.getByText(/results\.jsonl: 1 row answered/)).toBeVisible();
  await page.getByLabel('Import checkpoint', { exact: true }).setInputFiles(jsonl('checkpoint.jsonl', [{ id: 'r11', result: 'x' }]));
  await expect(page.getByText(/^checkpoint\.jsonl/).first()).toBeVisible();
  await clean(page, 'request files, results and a checkpoint');
});

leapTest('the question whether the provider has a batch job', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { lose_creates: 1, keeps_files: true, unlisted: true, delay_ms: 200 });
  const looked = page.waitForResponse(response => /\/v1\/batches\?limit=/.test(response.url()));
  const runner = await begin(page, mock, ROWS, { 'API key': KEY });
  const { leap } = await clockOf(page);
  await handOver(page, runner, mock, ROWS);
  await looked;
  await leap(61_000);
  await expect(page.getByText('Does the provider have this batch job?')).toBeVisible();
  await clean(page, 'the question whether the provider has a batch job');
});

test('a run that another tab has open, and the question before one of the history is deleted', async ({ page, context, startMock }) => {
  const mock = await startMock('--hold-from', '4');
  const runner = await rows(page, mock);
  await runner.start();
  await runner.untilDone(4);
  const other = await context.newPage();
  await other.goto('./#/runs');
  await expect(other.getByText(/another tab/i).first()).toBeVisible();
  await clean(other, 'a run that another tab has open');
  await runner.stop();
  await mock.release();
  await runner.untilFinished();
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByRole('button', { name: /^Delete run/ }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await clean(page, 'the question before a run of the history is deleted');
  await page.keyboard.press('Escape');
  await press(page, 'Clear cache');
  await expect(page.getByText(/^Deleted \d+ answers?\.$/)).toBeVisible();
  await clean(page, 'a cleared cache');
});

test('a page beside a new version, and one that has stopped', async ({ page }) => {
  // In these tests service workers are blocked: one of another build stands in for it.
  await page.addInitScript(() => {
    const waiting = { postMessage: (_: string, [port]: MessagePort[]) => port.postMessage(false) };
    const registration = { waiting, addEventListener: () => undefined };
    Object.defineProperty(navigator, 'serviceWorker', { value: { register: () => Promise.resolve(registration) } });
  });
  await page.goto('./');
  await expect(page.getByText('A new version of Pennybatch is here.')).toBeVisible();
  await clean(page, 'a new version');
  await press(page, 'Not now');
  await page.evaluate(() => dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') })));
  await expect(page.getByText('This page has stopped working.')).toBeVisible();
  await clean(page, 'the page has stopped');
});

test('the embedded calculator with everything open, and with what it refuses', async ({ page }) => {
  await page.goto('./embed.html?model=gpt-4o&calls=800');
  await expect(page.getByRole('group', { name: 'Async' })).toContainText('$');
  for (const summary of await page.locator('summary').all()) await summary.click();
  await page.getByRole('spinbutton', { name: 'API calls', exact: true }).fill('0');
  await expect(page.getByText(/API calls goes from 1/)).toBeVisible();
  await clean(page, 'the embedded calculator');
});

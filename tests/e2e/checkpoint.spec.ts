// A run that a Python script began goes on in the page, and the page's export goes on in the script.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { billed, expectedAnswer } from './support/mock';
import { readJsonl, records, movies, firstRows } from './support/data';
import { SORT_FILMS } from './support/prompts';
import { readyRunner } from './support/runner';
import { expect, test } from './support/test';

const ROWS = 120;

/** What a script with a checkpoint does: reads back what is done, appends what it does, one JSON object a line. */
const SCRIPT = `
import json, sys
from pathlib import Path

class Checkpoint:
    def __init__(self, path):
        self.path = Path(path)
        self.completed = {}
        if self.path.exists():
            with open(self.path) as lines:
                for line in lines:
                    record = json.loads(line)
                    self.completed[record["id"]] = record["result"]

    def save(self, item_id, result):
        self.completed[item_id] = result
        with open(self.path, "a") as out:
            out.write(json.dumps({"id": item_id, "result": result}) + "\\n")
            out.flush()

checkpoint = Checkpoint(sys.argv[1])
for item_id, result in json.load(sys.stdin):
    checkpoint.save(item_id, result)
print(json.dumps(checkpoint.completed))
`;

function python(path: string, saved: [string, string][]): Record<string, string> {
  return JSON.parse(execFileSync('python3', ['-c', SCRIPT, path], { input: JSON.stringify(saved), encoding: 'utf8' }));
}

function file(path: string) {
  return { name: 'batch_checkpoint.jsonl', mimeType: 'application/x-ndjson', buffer: readFileSync(path) };
}

test("a script's checkpoint goes on here, and the export goes on in the script", async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '20');
  const data = firstRows(movies(), ROWS);
  const input = records(data.buffer.toString());
  const path = join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'batch_checkpoint.jsonl');
  // The script did 40 rows, one of them twice, knew one that is not in this file, and died while it wrote.
  const saved = input.slice(0, 40).map(row => [row.id, `é ${row.title} \u{1f600}`] as [string, string]);
  python(path, [[input[0].id, 'an older answer'], ...saved, ['no-such-row', 'x']]);
  appendFileSync(path, `{"id": "${input[50].id}", "resu`);

  const runner = await readyRunner(page, data, { 'Base URL': mock.baseUrl, 'Concurrency': 8 });
  await runner.openMore();
  await page.getByLabel('Import checkpoint', { exact: true }).setInputFiles(file(path));
  for (const words of ['40 rows will start as answered', 'last line had broken off', '1 line repeats', '1 id matches no row']) {
    await expect(page.getByText(words, { exact: false }).first()).toBeVisible();
  }
  await expect(page.getByText('40 come from the checkpoint')).toBeVisible();
  await runner.start();
  await runner.untilFinished();

  const results = readJsonl(await runner.export('Export JSONL'));
  expect(results.map(row => row.result)).toEqual(
    input.map((row, place) => (place < 40 ? saved[place][1] : expectedAnswer(SORT_FILMS, row.title))));
  expect(results.filter(row => row.state === 'imported').length).toBe(40);
  const { calls } = await mock.ledger();
  const done = new Set(input.slice(0, 40).map(row => row.title));
  expect(calls.filter(call => done.has(call.message)).length, 'what the script had done is not asked again').toBe(
    calls.filter(call => done.has(call.message) && input.slice(40).some(row => row.title === call.message)).length);
  expect((await runner.spend()).confirmed).toBe(billed(calls));

  // The script takes the export for its own checkpoint: every row is done, with these results.
  const back = join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'batch_checkpoint.jsonl');
  writeFileSync(back, await runner.export('Export JSONL'));
  expect(python(back, [])).toEqual(Object.fromEntries(results.map(row => [row.id, row.result])));
});

test('a checkpoint into a paused run ends its open rows for good, reloads included', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '100', '--hold-from', '12');
  const data = firstRows(movies(), ROWS);
  const input = records(data.buffer.toString());
  const runner = await readyRunner(page, data, { 'Base URL': mock.baseUrl, 'Concurrency': 4 });
  await runner.start();
  await runner.untilDone(12);
  await runner.pause(mock);
  const before = (await runner.line()).done;
  const path = join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'batch_checkpoint.jsonl');
  python(path, input.map(row => [row.id, 'from the script']));
  await runner.expand('More');
  await page.getByLabel('Import checkpoint', { exact: true }).setInputFiles(file(path));
  await expect(page.getByText('an answer already')).toBeVisible();
  await runner.untilFinished();
  const sent = (await mock.totals()).requests;

  await page.goto('./#/runs');
  await page.reload();
  await page.getByRole('link', { name: 'Open movies.csv', exact: true }).click();
  await runner.untilFinished();
  expect((await runner.line()).done).toBe(ROWS);
  const results = readJsonl(await runner.export('Export JSONL'));
  const imported = results.filter(row => row.state === 'imported');
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.length).toBeLessThanOrEqual(ROWS - before);
  expect(imported.every(row => row.result === 'from the script' && row.cost_usd === null)).toBe(true);
  expect((await mock.totals()).requests, 'nothing is sent again').toBe(sent);
});

test('a comparison takes no answers from elsewhere: each model gives its own', async ({ page, startMock }) => {
  const mock = await startMock();
  const data = firstRows(movies(), ROWS);
  const path = join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'batch_checkpoint.jsonl');
  python(path, records(data.buffer.toString()).map(row => [row.id, 'from the script']));
  const runner = await readyRunner(page, data, { 'Base URL': mock.baseUrl, 'Concurrency': 8 });
  await runner.openMore();
  await page.getByLabel('Import checkpoint', { exact: true }).setInputFiles(file(path));
  await expect(page.getByText(`${ROWS} come from the checkpoint`)).toBeVisible();
  await page.getByRole('combobox', { name: 'Second model', exact: true }).fill('gpt-5-nano');
  await page.getByRole('combobox', { name: 'Second model', exact: true }).press('Escape');
  await page.getByLabel('Rows to compare', { exact: true }).fill('ten');
  await expect(runner.button('Compare')).toBeDisabled();
  await expect(page.getByText('Enter how many rows to compare, from 1 to 1,000,000.')).toBeVisible();
  await page.getByLabel('Rows to compare', { exact: true }).fill('10');
  await runner.button('Compare').click();
  await expect(page.getByText('The answers of batch_checkpoint.jsonl are left out')).toBeVisible();
  await runner.untilFinished();
  expect((await mock.totals()).billed).toBe(20);
  const results = records(await runner.export('Export CSV'));
  expect(results.every(row => row.state !== 'imported' && row.result !== 'from the script')).toBe(true);
  await runner.expand('More');
  await expect(runner.button('Delete run')).toBeVisible();
  await expect(page.getByLabel('Import checkpoint', { exact: true })).toHaveCount(0);
});

// A real model, over the network, with a JSON schema. It needs a server that speaks Chat Completions, and takes as long
// as that server does, so it is a test only where one is named:
//
//   PENNYBATCH_REAL_MODEL=http://127.0.0.1:8081/v1 cargo dev test --only e2e real_model.spec.ts
//
// PENNYBATCH_REAL_ROWS takes the first rows only.

import { firstRows, movies, records, readJsonl } from './support/data';
import { Runner } from './support/runner';
import { expect, test } from './support/test';

const GENRES = ['Action', 'Comedy', 'Drama', 'Horror', 'Romance', 'Thriller', 'Documentary', 'Other'];
const SCHEMA = {
  type: 'object',
  properties: {
    genre: { type: 'string', enum: GENRES },
    family: { type: 'boolean' },
    guess: {
      type: 'object',
      properties: { decade: { type: 'integer', minimum: 1900, maximum: 2030 } },
      required: ['decade'],
      additionalProperties: false,
    },
  },
  required: ['genre', 'family', 'guess'],
  additionalProperties: false,
};

/** By hand, so that it shares no code with the page. */
function fits(result: string): boolean {
  const answer = JSON.parse(result.replace(/^```(?:json)?\n|\n?```$/g, '')) as Record<string, unknown>;
  const guess = answer.guess as Record<string, unknown>;
  return Object.keys(answer).sort().join() === 'family,genre,guess'
    && GENRES.includes(answer.genre as string)
    && typeof answer.family === 'boolean'
    && Object.keys(guess).join() === 'decade'
    && Number.isInteger(guess.decade) && Number(guess.decade) >= 1900 && Number(guess.decade) <= 2030;
}

test('every film gets an answer by the schema, or one that is marked', async ({ page }) => {
  test.setTimeout(3 * 3_600_000);
  const rows = Number(process.env.PENNYBATCH_REAL_ROWS ?? 3_200);
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseData(rows < 3_200 ? firstRows(movies(), rows) : movies());
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('JSON schema');
  await page.getByRole('textbox', { name: 'JSON schema', exact: true }).fill(JSON.stringify(SCHEMA, null, 2));
  await page.getByLabel('Re-ask when the answer doesn\'t fit', { exact: true }).fill('1');
  await runner.enter({
    'System prompt': 'You sort films.',
    'User prompt': 'The film "{{title}}": its genre, whether children may see it, and the decade in which it was made.',
    'Base URL': process.env.PENNYBATCH_REAL_MODEL!,
    'Model': 'smollm2-135m-instruct',
    'Max output tokens': 64,
    'Concurrency': 4,
    'Timeout': 600,
  });
  await runner.start();
  const began = Date.now();
  await runner.untilFinished(3 * 3_600_000);
  const minutes = (Date.now() - began) / 60_000;

  const text = await runner.export('Export CSV');
  expect(text.split('\r\n')[0]).toContain(',result,genre,family,guess.decade,state,');
  const csv = records(text);
  expect(csv).toHaveLength(rows);
  const marked = csv.filter(row => row.state === 'misfit');
  const answered = csv.filter(row => row.result !== '' || row.state === 'misfit');
  for (const row of csv.filter(row => row.result !== '')) {
    expect(fits(row.result), row.result).toBe(true);
    expect([row.genre, row.family, row['guess.decade']].every(cell => cell !== ''), row.id).toBe(true);
  }
  for (const row of marked) expect(row.genre, 'a misfit has no fields').toBe('');
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.filter(line => typeof (line.guess as { decade?: number } | null)?.decade === 'number'))
    .toHaveLength(answered.length - marked.length);
  const failed = csv.filter(row => row.result === '' && row.state !== 'misfit');
  const attempts = csv.reduce((sum, row) => sum + Number(row.attempts), 0);
  console.log(`${rows} rows in ${minutes.toFixed(1)} min, ${attempts} attempts: ${answered.length - marked.length} fit, `
    + `${marked.length} are marked, ${failed.length} failed (${[...new Set(failed.map(row => row.error))].slice(0, 3).join('; ')})`);
  expect(answered.length + failed.filter(row => row.error !== '').length).toBe(rows);
});

test('two models are compared on labelled films, and one of them runs the rest under what is left of the budget', async ({ page, startMock }) => {
  test.setTimeout(3 * 3_600_000);
  const compared = Number(process.env.PENNYBATCH_REAL_COMPARED ?? 200);
  const mock = await startMock('--latency-ms', '50', '--api-key', 'key-of-the-simulated');
  const genres = ['Drama', 'Comedy', 'Action', 'Adventure', 'Thriller/Suspense', 'Horror', 'Romantic Comedy', 'Musical', 'Documentary', 'Western', 'Black Comedy', 'Concert/Performance'];
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseData(movies());
  await page.getByLabel('Right answer', { exact: true }).selectOption('major_genre');
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('Labels');
  await page.getByRole('textbox', { name: 'Labels', exact: true }).fill(genres.join('\n'));
  await runner.enter({
    'System prompt': `You sort films. Answer with exactly one genre: ${genres.join(', ')}.`,
    'User prompt': 'The film "{{title}}" of {{year}}',
    'Base URL': process.env.PENNYBATCH_REAL_MODEL!,
    'Model': 'smollm2-135m-instruct',
    'Max output tokens': 16,
    'Concurrency': 4,
    'Timeout': 600,
    'Budget': '1',
  });
  await runner.openMore();
  await page.getByLabel('Input price', { exact: true }).fill('0.01');
  await page.getByLabel('Output price', { exact: true }).fill('0.02');
  await runner.button('Add another key').click();
  await page.getByLabel('Base URL, lane 2', { exact: true }).fill(mock.baseUrl);
  await page.getByLabel('API key, lane 2', { exact: true }).fill('key-of-the-simulated');
  await page.getByRole('combobox', { name: 'Model, lane 2', exact: true }).fill('gpt-4o-mini');
  await page.getByRole('combobox', { name: 'Model, lane 2', exact: true }).press('Escape');
  await page.getByLabel('Rows to compare', { exact: true }).fill(String(compared));
  await runner.button('Compare').click();
  const began = Date.now();
  await runner.untilFinished(3 * 3_600_000);
  const table = page.getByRole('table', { name: 'Comparison', exact: true });
  console.log(`${compared} rows on two models in ${((Date.now() - began) / 60_000).toFixed(1)} min\n${await table.innerText()}`);
  const first = await runner.spend();
  const answers = records(await runner.export('Export CSV'));
  expect(answers).toHaveLength(2 * compared);
  for (const row of answers.filter(row => row.result !== '')) {
    expect(row.right).toBe(String(row.result === row.major_genre));
  }
  if (process.env.PENNYBATCH_PICTURES) {
    await page.getByRole('region', { name: 'Comparison', exact: true }).screenshot({ path: 'docs/comparison.png' });
  }

  await page.getByRole('button', { name: 'Run the rest with gpt-4o-mini', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Answers', exact: true })).toBeVisible();
  await runner.untilFinished(3 * 3_600_000);
  const rest = await runner.spend();
  expect(first.confirmed + first.doubtful + rest.confirmed + rest.doubtful).toBeLessThanOrEqual(1_000_000_000_000n);
  const all = records(await runner.export('Export CSV'));
  expect(all).toHaveLength(3_200);
  const before = new Set(answers.filter(row => row.candidate === 'gpt-4o-mini' && row.result !== '').map(row => row.id));
  expect(all.filter(row => before.has(row.id) && row.cost_usd !== ''), 'nothing is paid for twice').toEqual([]);
  console.log(await page.getByRole('region', { name: 'Answers', exact: true }).innerText());
});

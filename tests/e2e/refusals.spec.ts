// What can be wrong with a provider, each told in words of its own, with everything already paid for kept.

import { numberedRows, readJsonl } from './support/data';
import type { Mock } from './support/mock';
import { readyRunner, type Entries, type Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const KEY = 'sk-the-right-one-7f3a91';

function fortyRows(page: Page, mock: Mock, more: Entries = {}): Promise<Runner> {
  return readyRunner(page, numberedRows(40), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'User prompt': '{{name}}', 'Concurrency': 4, ...more,
  });
}

interface Refusal {
  what: string;
  changes: Record<string, unknown>;
  entries?: Entries;
  says: RegExp;
}

const REFUSALS: Refusal[] = [
  { what: 'a wrong key', changes: { api_key: KEY }, entries: { 'API key': 'sk-wrong' }, says: /refused the key \(401\)/ },
  {
    what: 'a wrong key that the browser hides', changes: { api_key: KEY, cors: 'openai' },
    entries: { 'API key': 'sk-wrong' }, says: /the browser doesn't say why.*CORS.*key/,
  },
  { what: 'an unknown model', changes: { models: ['gpt-4o'] }, says: /model.*`gpt-4o-mini`/ },
  { what: 'HTML instead of JSON', changes: { faults: ['html200=1'] }, says: /web page \(200\) where JSON was due/ },
  { what: 'a server that lets no page read its answers', changes: { cors: 'none' }, says: /CORS/ },
  { what: 'an answer of 100 MB', changes: { faults: ['huge=1'] }, says: /cut off at 16 MiB/ },
  { what: 'answers that break off', changes: { faults: ['torn=1'] }, says: /broke off/ },
  {
    what: 'a wrong address', changes: {}, says: /no chat completions endpoint at this address \(404\)/,
    entries: { 'Base URL': 'https://mock/somewhere/else' },
  },
];

/** What happened, what was kept and what to do, as the page tells it when a run can't go on. */
async function refusal(page: Page): Promise<string> {
  const alert = page.getByRole('alert').filter({ hasText: /can't be used/ });
  await expect(alert).toBeVisible();
  return (await alert.innerText()).replaceAll('\n', ' ');
}

for (const { what, changes, entries, says } of REFUSALS) {
  test(`${what}: the run stops with a message of its own`, async ({ page, startMock }) => {
    const mock = await startMock('--latency-ms', '10');
    await mock.set(changes);
    const address = entries?.['Base URL']?.replace('https://mock', mock.https);
    const runner = await fortyRows(page, mock, { ...entries, ...(address && { 'Base URL': address }) });
    await runner.start();
    const told = await refusal(page);
    expect(told, 'what happened').toMatch(says);
    expect(told, 'what was kept').toMatch(/0 of 40 rows done and saved in this browser; 40 left/);
    expect(told, 'what to do').toMatch(/Check|Choose|Resume/);
    expect((await mock.totals()).requests, 'the rows are not burnt through').toBeLessThan(40);
    expect((await runner.line()).done).toBe(0);
  });
}

test('a server that never answers is given up after the timeout', async ({ page, startMock }) => {
  const mock = await startMock('--fault', 'hang=1');
  const runner = await fortyRows(page, mock, { 'Timeout': 1, 'Max retries': 1 });
  await runner.start();
  expect(await refusal(page)).toMatch(/no answer|didn't answer|timed out/i);
  const { confirmed, doubtful } = await runner.spend();
  const billed = BigInt((await mock.totals()).billed_pico);
  expect(confirmed).toBe(0n);
  expect(doubtful).toBeGreaterThanOrEqual(billed);
});

test('an answer without usage is kept, and its cost is not taken for nothing', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '10', '--fault', 'no-usage=1');
  const runner = await fortyRows(page, mock);
  await runner.start();
  await runner.untilFinished();
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines).toHaveLength(40);
  const { confirmed, doubtful } = await runner.spend();
  const { totals } = await mock.ledger();
  expect(totals.requests, 'an answer in hand is not asked for again').toBe(40);
  expect(confirmed).toBe(0n);
  expect(doubtful).toBeGreaterThanOrEqual(BigInt(totals.billed_pico));
  await expect(page.getByText(/^40 answers came without usage: .* Every answer is kept/)).toBeVisible();
});

test('what was paid for before a refusal stays, and the run goes on with a new key', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '20', '--api-key', KEY, '--hold-from', '8');
  const runner = await fortyRows(page, mock, { 'Concurrency': 2 });
  await runner.start();
  await runner.untilDone(8);
  await mock.set({ api_key: 'sk-rotated', hold_from: null });
  await refusal(page);
  const kept = readJsonl(await runner.export('Export JSONL'));
  expect(kept.length).toBeGreaterThanOrEqual(8);

  await runner.field('API key').fill('sk-rotated');
  await runner.button('Resume').click();
  await runner.untilFinished();
  const { calls } = await mock.ledger();
  const paid = calls.filter(call => call.billed).map(call => call.message);
  expect(new Set(paid).size, 'each row is paid for once').toBe(paid.length);
  expect(paid).toHaveLength(40);
});

test('Check connection says the same before anything is sent', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY, '--models', 'gpt-4o-mini,gpt-4o');
  const runner = await fortyRows(page, mock, { 'API key': 'sk-wrong' });
  await runner.button('Check connection').click();
  await expect(page.getByRole('alert').filter({ hasText: /refused the key \(401\)/ })).toBeVisible();
  await runner.field('API key').fill(KEY);
  await runner.button('Check connection').click();
  await expect(page.getByText(/takes the key.*gpt-4o-mini/)).toBeVisible();
  expect((await mock.totals()).requests).toBe(0);
});

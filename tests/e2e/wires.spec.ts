// Each wire against the simulated provider, with what a page may read of its answers as the real one has it.

import { numberedRows, readJsonl } from './support/data';
import { expectedAnswer, type Mock } from './support/mock';
import { SORT_ROWS } from './support/prompts';
import { readyRunner, type Entries, type Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const KEY = 'sk-the-right-one-7f3a91';

interface Sent {
  url: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

function sorting(page: Page, mock: Mock, rows: number, entries: Entries): Promise<Runner> {
  return readyRunner(page, numberedRows(rows), {
    'Base URL': mock.baseUrl, 'API key': KEY, 'System prompt': SORT_ROWS, 'User prompt': '{{name}}', 'Concurrency': 6,
    ...entries,
  });
}

/** Every call that leaves the page. */
function calls(page: Page): Sent[] {
  const sent: Sent[] = [];
  page.on('request', request => {
    if (request.method() !== 'POST' || !/\/v1\//.test(request.url())) return;
    sent.push({ url: request.url(), headers: request.headers(), body: request.postDataJSON() });
  });
  return sent;
}

async function expectAnswered(runner: Runner, mock: Mock, rows: number): Promise<void> {
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines).toHaveLength(rows);
  for (const [row, line] of lines.entries()) {
    expect(line.result).toBe(expectedAnswer(SORT_ROWS, `Row ${row}`));
  }
  const { totals } = await mock.ledger();
  expect(await runner.spend(), 'to the pico-dollar').toEqual({ confirmed: BigInt(totals.billed_pico), doubtful: 0n });
}

test('OpenAI: its own words for the cap, a Bearer key, and nothing else in the headers', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '20', '--api-key', KEY, '--cors', 'openai');
  const sent = calls(page);
  const runner = await sorting(page, mock, 40, { 'Provider': 'OpenAI', 'Model': 'gpt-4o-mini' });
  await runner.start();
  await runner.untilFinished();
  await expectAnswered(runner, mock, 40);
  const [call] = sent;
  expect(call.url).toBe(`${mock.baseUrl}/chat/completions`);
  expect(call.body).toMatchObject({ max_completion_tokens: 16 });
  expect(call.body).not.toHaveProperty('max_tokens');
  expect(call.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(Object.keys(call.headers).filter(name => /^(x-|anthropic)/.test(name))).toEqual([]);
});

test('OpenAI: a model of the Responses API alone goes over it by itself', async ({ page, startMock }) => {
  const mock = await startMock(
    '--latency-ms', '20', '--api-key', KEY, '--cors', 'openai', '--price-in', '30', '--price-out', '180');
  const sent = calls(page);
  const runner = await sorting(page, mock, 40, { 'Provider': 'OpenAI', 'Model': 'gpt-5.5-pro', 'Max output tokens': 15 });
  await runner.button('Start run').click();
  await expect(page.getByText('This model takes no limit below 16. Enter 16 or more.').first()).toBeVisible();
  expect(sent).toEqual([]);
  await runner.enter({ 'Max output tokens': 16 });
  await runner.start();
  await runner.untilFinished();
  await expectAnswered(runner, mock, 40);
  const [call] = sent;
  expect(call.url).toBe(`${mock.baseUrl}/responses`);
  expect(call.body).toEqual({
    model: 'gpt-5.5-pro', max_output_tokens: 16, store: false,
    input: [{ role: 'system', content: SORT_ROWS }, { role: 'user', content: expect.stringMatching(/^Row \d+$/) }],
  });
  expect(call.headers.authorization).toBe(`Bearer ${KEY}`);
});

// From GPT-5.6 on, OpenAI bills prompts of 1,024 tokens and more as written into its cache, unless told otherwise.
for (const kept of [null, '30 minutes']) {
  const title = kept === null ? 'nothing is written unasked' : 'what the prompts share is written once and read by the rest';
  test(`OpenAI's newer models: ${title}`, async ({ page, startMock }) => {
    const mock = await startMock(
      '--latency-ms', '60', '--cors', 'openai', '--price-in', '4', '--price-out', '20', '--price-cached', '0.4',
      '--price-cache-write', '5');
    const system = `${SORT_ROWS}\n${'Shelves are sorted by hand. '.repeat(200)}`;
    const runner = await sorting(
      page, mock, 40, { 'Provider': 'OpenAI', 'Model': 'gpt-5.6-sol', 'System prompt': system });
    if (kept !== null) {
      await runner.openMore();
      await page.getByLabel('Prompt cache', { exact: true }).selectOption(kept);
    }
    await runner.start();
    await runner.untilFinished();
    const { calls: arrived, totals } = await mock.ledger();
    expect(await runner.spend(), 'to the pico-dollar').toEqual({ confirmed: BigInt(totals.billed_pico), doubtful: 0n });
    const wrote = arrived.filter(call => call.cache_written_tokens > 0);
    expect(wrote.map(call => call.sequence)).toEqual(kept === null ? [] : [0]);
    expect(arrived.filter(call => call.cached_tokens > 1024)).toHaveLength(kept === null ? 0 : 39);
  });
}

test('OpenRouter\'s own list prices its models, and nothing of the person\'s goes along', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '20', '--api-key', KEY, '--price-in', '1.4', '--price-out', '4.4');
  const asked: Record<string, string>[] = [];
  await page.route('**/v1/models', async route => {
    asked.push(await route.request().allHeaders());
    await route.fulfill({
      headers: { 'access-control-allow-origin': '*' },
      json: { data: [
        { id: 'z-ai/glm-5.2', pricing: { prompt: '0.0000014', completion: '0.0000044' } },
        { id: 'openrouter/auto', pricing: { prompt: '-1', completion: '-1' } },
      ] },
    });
  });
  const runner = await sorting(page, mock, 30, { 'Provider': 'OpenRouter', 'Model': 'z-ai/glm-5.2' });
  await expect(page.getByText('Not in our price list.')).toBeVisible();
  await runner.button('Get prices from OpenRouter').click();
  await expect(page.getByText('1 model with prices; 1 more can\u2019t be priced by the token.')).toBeVisible();
  await expect(page.getByText('$1.40 in, $4.40 out per 1M tokens.')).toBeVisible();
  expect(asked).toHaveLength(1);
  expect(Object.keys(asked[0])).not.toContain('authorization');
  await runner.enter({ 'Budget': '0.5' });
  await runner.start();
  await runner.untilFinished();
  await expectAnswered(runner, mock, 30);
});

test('a model of the calculator arrives with its provider', async ({ page }) => {
  // The box shows a listed model's short name; what goes over the wire is held by the form's own tests.
  for (const [model, provider, name] of [
    ['gpt-5.5-pro', 'OpenAI', 'gpt-5.5-pro'], ['claude-haiku-4-5', 'Anthropic', 'claude-haiku-4-5'],
    ['fireworks%2Fkimi-k3', 'Fireworks', 'kimi-k3'], ['zai%2Fglm-5.2', 'OpenRouter', 'z-ai/glm-5.2'],
  ]) {
    await page.goto('about:blank');
    await page.goto(`./#/run?model=${model}&calls=100`);
    await page.getByRole('button', { name: 'Sample data', exact: true }).click();
    await expect(page.getByRole('combobox', { name: 'Model', exact: true })).toHaveValue(name);
    await expect(page.getByLabel('Provider', { exact: true })).toHaveValue(provider);
  }
});

test('Anthropic: x-api-key, the opt-in header, and every header readable', async ({ page, startMock }) => {
  const mock = await startMock(
    '--latency-ms', '20', '--api-key', KEY, '--cors', 'anthropic', '--price-in', '1', '--price-out', '5',
    '--models', 'claude-haiku-4-5');
  const sent = calls(page);
  const runner = await sorting(page, mock, 40, { 'Provider': 'Anthropic', 'Model': 'claude-haiku-4-5' });
  await runner.button('Check connection').click();
  await expect(page.getByText(/takes the key/)).toBeVisible();
  await runner.start();
  await runner.untilFinished();
  await expectAnswered(runner, mock, 40);
  const [call] = sent;
  expect(call.url).toBe(`${mock.baseUrl}/messages`);
  expect(call.body).toMatchObject({
    model: 'claude-haiku-4-5', max_tokens: 16, system: [{ type: 'text', text: SORT_ROWS }],
  });
  expect(call.headers).toMatchObject({
    'x-api-key': KEY, 'anthropic-version': '2023-06-01', 'anthropic-dangerous-direct-browser-access': 'true',
  });
  expect(call.headers).not.toHaveProperty('authorization');
});

test('Anthropic counts tokens when asked to, and the estimate of the file follows', async ({ page, startMock }) => {
  const mock = await startMock(
    '--latency-ms', '5', '--api-key', KEY, '--cors', 'anthropic', '--models', 'claude-haiku-4-5');
  const counted: { url: string; body: Record<string, unknown> }[] = [];
  page.on('request', request => {
    if (request.url().endsWith('/count_tokens') && request.method() === 'POST') {
      counted.push({ url: request.url(), body: request.postDataJSON() as Record<string, unknown> });
    }
  });
  const runner = await sorting(
    page, mock, 40, { 'Provider': 'Anthropic', 'Model': 'claude-haiku-4-5', 'API key': 'sk-ant-another' });
  await runner.button('Count tokens with Anthropic').click();
  await expect(page.getByText(/Nothing was counted: /)).toBeVisible();
  await runner.enter({ 'API key': KEY });
  counted.length = 0;
  const inputTokens = page.getByRole('complementary').getByText(/counts them|from characters/);
  await expect(inputTokens).toContainText('from characters');
  await runner.button('Count tokens with Anthropic').click();
  const said = page.getByText(/Anthropic counts [\d,]+ input tokens in row 1\./);
  await expect(said).toBeVisible();
  await expect(inputTokens).toHaveText('from 20 rows as the provider counts them');
  expect(counted).toHaveLength(20);
  for (const { body } of counted) expect(Object.keys(body).sort()).toEqual(['messages', 'model', 'system']);
  expect((await mock.ledger()).calls, 'nothing is billed').toEqual([]);
  const [, rows, sum] = /In (\d+) rows it counts ([\d,]+);/.exec(await said.innerText()) ?? [];
  expect(rows).toBe('20');
  // Half of the file was counted, and the other half is like it.
  await runner.start();
  await runner.untilFinished();
  const { calls: billedCalls } = await mock.ledger();
  const billedTokens = billedCalls.reduce((total, call) => total + call.input_tokens, 0);
  const mean = Number(sum.replaceAll(',', '')) / 20;
  expect(Math.abs(billedTokens / billedCalls.length - mean)).toBeLessThan(0.2 * mean);
});

test('a count is not lost to an estimate that was asked for while it was made', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY, '--cors', 'anthropic', '--models', 'claude-haiku-4-5');
  let release = (): void => undefined;
  const held = new Promise<void>(done => { release = done; });
  const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
  await page.route('**/count_tokens', async route => {
    await held;
    await route.fulfill({ headers, json: { input_tokens: 700 } });
  });
  const runner = await sorting(page, mock, 2_000, { 'Provider': 'Anthropic', 'Model': 'claude-haiku-4-5' });
  const before = page.getByRole('complementary');
  await expect(before).toContainText('from characters');
  await runner.button('Count tokens with Anthropic').click();
  await runner.enter({ 'Concurrency': 1 });
  await expect(before, '2,000 calls of 1.5 s').toContainText('about 50 min');
  release();
  await expect(page.getByText(/Anthropic counts 700 input tokens in row 1\./)).toBeVisible();
  await expect(before).toContainText('from 20 rows as the provider counts them');
  await expect(before).toContainText('about 50 min');
});

for (const [kept, multiple] of [['5 minutes', 1.25], ['1 hour', 2]] as const) {
  test(`Anthropic: what is kept ${kept} is written by the first call and read by the rest`, async ({ page, startMock }) => {
    const mock = await startMock(
      '--latency-ms', '60', '--cors', 'anthropic', '--price-in', '1', '--price-out', '5', '--price-cached', '0.1',
      '--price-cache-write', '1.25', '--price-cache-write-1h', '2');
    const runner = await sorting(page, mock, 60, { 'Provider': 'Anthropic', 'Model': 'claude-haiku-4-5' });
    await runner.openMore();
    await page.getByLabel('Prompt cache', { exact: true }).selectOption(kept);
    await runner.start();
    await runner.untilFinished();
    await expectAnswered(runner, mock, 60);
    const { calls: arrived } = await mock.ledger();
    const wrote = arrived.filter(call => call.cache_written_tokens > 0);
    expect(wrote.map(call => call.sequence), 'the first call goes alone').toEqual([0]);
    expect(arrived.filter(call => call.cached_tokens > 0)).toHaveLength(59);
    const { input_tokens, cache_written_tokens, output_tokens, cost_pico } = wrote[0];
    expect(BigInt(cost_pico)).toBe(BigInt(
      (input_tokens - cache_written_tokens) * 1_000_000 + cache_written_tokens * multiple * 1_000_000 +
      output_tokens * 5_000_000));
  });
}

test('Anthropic: an organization that forbids web pages is told apart from a wrong key', async ({ page, startMock }) => {
  const mock = await startMock('--cors', 'anthropic', '--forbid-pages');
  const runner = await sorting(page, mock, 20, { 'Provider': 'Anthropic', 'Model': 'claude-haiku-4-5' });
  await runner.button('Check connection').click();
  await expect(page.getByRole('alert').filter({ hasText: /answers no web pages for this account/ })).toBeVisible();
  await runner.start();
  await expect(page.getByRole('alert').filter({ hasText: /can't be used/ })).toContainText(/whatever the key/);
  expect((await mock.totals()).requests, 'the rows are not burnt through').toBeLessThan(20);
});

test('Anthropic: a wrong key is readable, and refused in its own words', async ({ page, startMock }) => {
  const mock = await startMock('--cors', 'anthropic', '--api-key', 'sk-ant-another');
  const runner = await sorting(page, mock, 20, { 'Provider': 'Anthropic', 'Model': 'claude-haiku-4-5' });
  await runner.start();
  const alert = page.getByRole('alert').filter({ hasText: /can't be used/ });
  await expect(alert).toContainText(/refused the key \(401\)/);
  expect(await alert.innerText()).not.toContain(KEY);
});

test('Check connection says what works from a browser and what doesn\'t', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY, '--models', 'gpt-4o-mini,nobody-lists-it');
  const runner = await sorting(page, mock, 5, { 'Provider': 'OpenAI', 'Model': 'gpt-4o-mini' });
  const check = runner.button('Check connection');
  await check.click();
  await expect(page.getByText(/answers over HTTP\/2, takes the key, and lists gpt-4o-mini among 2 models/)).toBeVisible();

  // The list fills the box; a model without a price asks for one.
  const model = runner.field('Model');
  await model.click();
  await model.fill('nobody');
  await page.getByRole('option', { name: /nobody-lists-it/ }).click();
  await mock.set({ cors: 'openai' });
  await check.click();
  await expect(page.getByText(/state it below, or the cost stays unknown/)).toBeVisible();
  await expect(page.getByText(/No rate limits can be read here/)).toBeVisible();

  await runner.field('Base URL').fill('http://127.0.0.1:9/v1');
  await runner.field('API key').fill(KEY);
  await check.click();
  const alert = page.getByRole('alert').filter({ hasText: /the browser doesn't say why/ });
  await expect(alert).toContainText(/Check that the server runs, and that it allows pages of http/);
});

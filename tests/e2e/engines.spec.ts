// The journeys that matter, in each engine: Chromium, Firefox and WebKit.

import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FAST } from './support/clock';
import { numberedRows, readJsonl, records } from './support/data';
import { doneRows, prepareRun, reopenRun, startRun, untilDone, untilFinished } from './support/engines/run';
import { Screen } from './support/engines/screen';
import { expect, startEngine, test } from './support/engines/test';
import { billed, CLEAR_FAULTS, expectedAnswer, faults, REPO } from './support/mock';
import { SORT_ROWS } from './support/prompts';

const KEY = 'sk-engines-5e77c0ffee41d9';
const SAMPLE_ROWS = 500;
const ROWS = 200;
/** Those after which a row is asked again. */
const PASSING_FAULTS = CLEAR_FAULTS.filter(fault => fault !== 'bad-request');

// One browser for all: a start costs more than a test.
test.describe.configure({ mode: 'default' });
test.use({ speed: FAST });

const typed = (address: string) => ({
  'System prompt': SORT_ROWS, 'User prompt': '{{name}}', 'Base URL': address, 'API key': KEY, 'Model': 'gpt-4o-mini',
  'Max output tokens': '16', 'Concurrency': '16', 'Max retries': '6',
});

test('the calculator answers, and its link brings the answer back', async ({ screen, openTab, baseURL }) => {
  await screen.open(`${baseURL}#/?model=gpt-4o-mini`);
  await screen.untilSays('group', 'Async', /\$0\.30/);
  await screen.fill('API calls', '20,000');
  await screen.untilSays('group', 'Sequential', /\$1\.35/);
  await expect.poll(() => screen.evaluate(() => location.href)).toContain('calls=20000');
  const address = await screen.evaluate(() => location.href);
  const other = await openTab();
  await other.open(address);
  await other.untilSays('group', 'Sequential', /\$1\.35/);
  await other.untilSays('region', 'Recommendation', /\$/);
});

test('a Demo run of the sample comes to its export', async ({ screen, baseURL }) => {
  await screen.open(`${baseURL}#/run`);
  await screen.click('button', 'Sample data');
  await startRun(screen);
  await untilFinished(screen);
  expect(await doneRows(screen)).toBe(SAMPLE_ROWS);
  const csv = records(await screen.export('Export CSV'));
  expect(new Set(csv.map(row => row.id)).size).toBe(SAMPLE_ROWS);
  expect(csv.filter(row => row.result !== '').length).toBeGreaterThan(SAMPLE_ROWS * 0.98);
});

test('a provider full of faults is paid exactly, and every row has its own answer', async ({ screen, startMock, baseURL }) => {
  const mock = await startMock('--api-key', KEY, '--latency-ms', '200', ...faults(PASSING_FAULTS, 0.04));
  const file = numberedRows(ROWS);
  await prepareRun(screen, baseURL!, file, typed(mock.baseUrl));
  await startRun(screen);
  await untilFinished(screen);
  const lines = readJsonl(await screen.export('Export JSONL'));
  const input = records(file.buffer.toString());
  expect(lines.map(line => line.result)).toEqual(input.map(row => expectedAnswer(SORT_ROWS, row.name)));
  const { calls } = await mock.ledger();
  expect(calls.length, 'faults were met').toBeGreaterThan(ROWS);
  const ledger = records(await screen.export('Export ledger'));
  const spent = ledger.reduce((sum, attempt) => sum + BigInt(attempt.cost_pico_usd || 0), 0n);
  expect(spent).toBe(billed(calls));
});

test('a run of two tabs is open in one', async ({ screen, openTab, startMock, baseURL }) => {
  const mock = await startMock('--api-key', KEY, '--hold-from', '10');
  await prepareRun(screen, baseURL!, numberedRows(30), typed(mock.baseUrl));
  await startRun(screen);
  await untilDone(screen, 5);
  const other = await openTab();
  await other.open(`${baseURL}#/run`);
  await other.untilSays('region', 'Unfinished run', /open in another tab/);
  await mock.release();
  await untilFinished(screen);
});

test('killed in the middle it resumes from its profile, and the key is nowhere in it', async ({ engine, profile, startMock, baseURL }) => {
  // Calls wait from the 81st on, so that the kill comes in the middle.
  const mock = await startMock('--api-key', KEY, '--latency-ms', '100', '--hold-from', '80');
  const file = numberedRows(ROWS, 'Marker');
  let browser = await startEngine(engine, profile);
  try {
    let screen = new Screen(await browser.newTab());
    await prepareRun(screen, baseURL!, file, typed(mock.baseUrl));
    await startRun(screen);
    await untilDone(screen, 60);
    const shown = await doneRows(screen);
    await browser.kill();
    await expect.poll(async () => (await mock.totals()).open).toBe(0);
    const before = (await mock.ledger()).calls;

    ({ browser, screen } = await reopenRun(engine, profile, baseURL!));
    const kept = readJsonl(await screen.export('Export JSONL'));
    expect(kept.length, 'what was shown as done is done').toBeGreaterThanOrEqual(shown);
    await mock.release();
    await screen.fill('API key', KEY);
    await screen.click('button', 'Send again');
    await untilFinished(screen);
    const names = new Map(records(file.buffer.toString()).map(row => [row.id, row.name]));
    const ended = new Set(kept.map(line => names.get(line.id)));
    const again = (await mock.ledger()).calls.slice(before.length).filter(call => ended.has(call.message));
    expect(again, 'rows that had ended and were sent again').toEqual([]);
    expect(readJsonl(await screen.export('Export JSONL'))).toHaveLength(ROWS);
    await browser.close();

    const bytes = filesBelow(profile).map(path => readFileSync(path));
    const holds = (text: string) => bytes.some(file => file.includes(text) || file.includes(Buffer.from(text, 'utf16le')));
    expect(holds('Marker 199'), 'the search sees what is kept').toBe(true);
    expect(holds(KEY), 'the key in the profile').toBe(false);
    expect(holds(Buffer.from(KEY).toString('base64')), 'the key, encoded, in the profile').toBe(false);
  } finally {
    await browser.kill();
  }
});

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath ?? entry.path, entry.name));
}

test('the calculator works in a foreign page with a strict policy', async ({ screen }) => {
  const ours = new URL(process.env.PENNYBATCH_PAGE!).origin;
  const policy = `default-src 'none'; script-src 'self' ${ours} 'wasm-unsafe-eval'; connect-src ${ours}; style-src 'self'`;
  const host = await serveForeign(policy, ours);
  try {
    await screen.tab.goto(`http://localhost:${(host.address() as AddressInfo).port}/strict.html`);
    const answer = (calls: string | null) => screen.evaluate((calls: string | null) => {
      const root = document.querySelector('llm-batch-calculator')?.shadowRoot;
      const box = root?.querySelector<HTMLInputElement>('[role=spinbutton]');
      if (box && calls !== null) {
        box.value = calls;
        box.dispatchEvent(new InputEvent('input', { bubbles: true }));
      }
      return [...root?.querySelectorAll('[role=group]') ?? []].map(group => group.textContent).join(' ');
    }, calls);
    await expect.poll(() => answer(null)).toContain('$0.25');
    await expect.poll(() => answer('10000')).toContain('$0.50');
  } finally {
    host.close();
    host.closeAllConnections();
  }
});

/** The gallery's strict host from another origin than ours. */
async function serveForeign(policy: string, ours: string): Promise<Server> {
  const types: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };
  const server = createServer((request, response) => {
    const name = request.url!.slice(1);
    if (!/^(strict\.html|plain\.css|host\.\w+)$/.test(name)) return void response.writeHead(404).end();
    const text = readFileSync(join(REPO, 'www/gallery', name), 'utf8');
    response.writeHead(200, { 'content-type': types[name.split('.').pop()!], 'content-security-policy': policy });
    response.end(text.replaceAll('../embed.js', `${ours}/embed.js`).replace(/\n *<meta http-equiv.*/, ''));
  });
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  return server;
}

// The same rows through the runner and into the simulated provider's own books: both must tell the same story.

import { FAST } from './support/clock';
import { billed, expectedAnswer, CLEAR_FAULTS, FAULTS, faults, type LedgerCall, type Mock } from './support/mock';
import { movies, numberedRows, firstRows, readJsonl, records } from './support/data';
import { SORT_FILMS } from './support/prompts';
import { readyRunner, type Runner } from './support/runner';
import { expect, fastTest, test } from './support/test';

/** Every attempt that the page calls settled costs what the provider wrote down for that very request. */
function checkAttempts(ledger: string, calls: LedgerCall[]): void {
  const attempts = records(ledger);
  const bySequence = new Map(calls.map(call => [requestId(call), call]));
  const settled = attempts.filter(attempt => attempt.state === 'settled');
  for (const attempt of settled.filter(({ request_id }) => request_id !== '')) {
    const call = bySequence.get(attempt.request_id);
    expect([attempt.cost_pico_usd, attempt.input_tokens, attempt.output_tokens], attempt.request_id)
      .toEqual([call?.cost_pico, `${call?.input_tokens}`, `${call?.output_tokens}`]);
  }
  expect(settled.filter(({ request_id }) => request_id !== '').length).toBeGreaterThan(0);
  const sent = attempts.filter(attempt => attempt.state !== 'not sent');
  expect(calls.length, 'no call without an attempt').toBeLessThanOrEqual(sent.length);
  expect(new Set(settled.map(attempt => attempt.item)).size, 'no row is settled twice').toBe(settled.length);
}

function requestId(call: LedgerCall): string {
  return `req_${`${call.sequence}`.padStart(8, '0')}`;
}

/** How many calls the provider worked on at once, at most. */
function mostAtOnce(calls: LedgerCall[]): number {
  const ends = calls.flatMap(call => [[call.arrived_ms, 1], [call.answered_ms ?? call.arrived_ms, -1]]);
  let [now, most] = [0, 0];
  for (const [, change] of ends.sort((one, other) => one[0] - other[0] || one[1] - other[1])) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

/**
 * The most calls that any minute holds. The page allows for half a second by which a call is delayed on its way more than
 * the next one. A busy machine delays it for longer, and a fast clock makes that so many times as long: what the calls
 * took beyond half a second is taken off the minute here.
 */
function mostInAMinute(calls: LedgerCall[], ledger: string): number {
  const arrived = new Map(calls.map(call => [requestId(call), call.arrived_ms]));
  const answered = records(ledger).filter(({ request_id }) => request_id !== '');
  const delays = answered.map(({ request_id, sent_at }) => arrived.get(request_id)! - Date.parse(sent_at));
  const minute = 60_000 - Math.max(0, Math.max(...delays) - 500);
  let first = 0;
  return Math.max(...calls.map(({ arrived_ms }, last) => {
    while (calls[first].arrived_ms + minute <= arrived_ms) first += 1;
    return last - first + 1;
  }));
}

const NO_429 = FAULTS.filter(kind => !kind.startsWith('rate429'));
/** `PENNYBATCH_FULL`: every kind of fault on the whole file, which a lane that meets so many 429s takes long over. */
const RUNS = process.env.PENNYBATCH_FULL
  ? [{ rows: 3_200, rpm: 3_000, kinds: FAULTS, minutes: 25 }]
  : [{ rows: 600, rpm: 400, kinds: NO_429, minutes: 6 }, { rows: 100, rpm: 400, kinds: FAULTS, minutes: 4 }];

for (const { rows: count, rpm, kinds, minutes } of RUNS) {
  fastTest(`${count} films over HTTP/2 with five in a hundred of ${kinds.length} faults, under a strict limit`, async ({ page, startMock }) => {
    fastTest.setTimeout((minutes + 1) * 60_000);
    const mock = await startMock('--rpm', `${rpm}`, '--count-rejected', '--latency-ms', `${40 * FAST}`, ...faults(kinds, 0.05));
    const file = firstRows(movies(), count);
    const input = records(file.buffer.toString());
    const runner = await readyRunner(page, file, {
      'Base URL': mock.baseUrl, 'Concurrency': 32, 'Requests per minute': rpm, 'Max retries': 20,
      // Six seconds of real time: where the processor is late, no call is taken for one that hangs.
      'Timeout': 6 * FAST,
    });
    await runner.start();
    await finishPressingResume(runner, minutes * 60_000);

    const spend = await runner.spend();
    await untilNothingIsOpen(mock);
    const { totals, calls } = await mock.ledger();
    expect(spend.confirmed).toBeLessThanOrEqual(billed(calls));
    expect(billed(calls)).toBeLessThanOrEqual(spend.confirmed + spend.doubtful);
    const ledger = await runner.export('Export ledger');
    const most = mostInAMinute(calls, ledger);
    expect(most).toBeLessThanOrEqual(rpm);
    expect(mostAtOnce(calls), 'more in flight than HTTP/1.1 allows').toBeGreaterThan(6);
    checkAttempts(ledger, calls);
    await checkRows(runner, input, calls);
    console.log(`${calls.length} calls in ${Math.round((calls.at(-1)!.arrived_ms - calls[0].arrived_ms) / 1_000)} s, ${totals.max_in_60_s} in the fullest minute, ${most} for sure; billed ${billed(calls)}, ` +
      `confirmed ${spend.confirmed}, may have been billed ${spend.doubtful} pico-dollars`);
  });
}

/** The provider learns a little after the page that an answer has arrived, or that nobody waits for it any more. */
async function untilNothingIsOpen(mock: Mock): Promise<void> {
  await expect.poll(async () => (await mock.totals()).open, 'what the provider works on').toBe(0);
}

/** A lane that never worked yet stops at the first web page that it gets for an answer: then a person presses Resume. */
async function finishPressingResume(runner: Runner, timeout: number): Promise<void> {
  const stopped = runner.page.getByRole('alert').filter({ hasText: "can't be used" });
  const finished = runner.status.filter({ hasText: 'Finished' });
  for (let pressed = 0; pressed <= 2; pressed++) {
    await expect(finished.or(stopped)).toBeVisible({ timeout });
    if (await finished.isVisible()) return;
    await expect(runner.status).toContainText('Paused');
    await runner.button('Resume').click();
    await expect(stopped).toBeHidden();
  }
  await expect(finished).toBeVisible({ timeout });
}

/** Every row ended once, with the answer that is its own, or with a refusal that is. */
async function checkRows(runner: Runner, input: Record<string, string>[], calls: LedgerCall[]): Promise<void> {
  expect((await runner.line()).done).toBe(input.length);
  const rows = records(await runner.export('Export CSV'));
  expect(rows.map(row => row.id), 'every row once, in the order of the file').toEqual(input.map(row => row.id));
  // An export may guard a title against spreadsheets, so what was asked is taken from the file.
  const title = new Map(input.map(row => [row.id, row.title]));
  const answered = rows.filter(row => row.result !== '');
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.map(({ id, result }) => ({ id, result }))).toEqual(answered.map(({ id, result }) => ({ id, result })));
  for (const { id, result } of answered) expect(result, `row ${id}`).toBe(expectedAnswer(SORT_FILMS, title.get(id) ?? ''));
  // A call that is refused as bad is not tried again, and a time limit once.
  const final = ['bad-request', 'hang'];
  const refused = new Set(calls.filter(call => final.includes(call.fault ?? '')).map(call => call.message));
  for (const row of rows.filter(row => row.result === '')) {
    expect(row.state).toBe('errored');
    expect(refused, 'only such a call ends a row without an answer').toContain(title.get(row.id));
  }
}

fastTest('where no attempt is ambiguous the page and the provider agree to the pico-dollar', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '20', ...faults(CLEAR_FAULTS, 0.05));
  const file = firstRows(movies(), 320);
  const runner = await readyRunner(page, file, {
    'Base URL': mock.baseUrl, 'Concurrency': 32, 'Max retries': 12, 'Timeout': 600,
  });
  await runner.start();
  await runner.untilFinished();
  const { calls } = await mock.ledger();
  expect(await runner.spend()).toEqual({ confirmed: billed(calls), doubtful: 0n });
  checkAttempts(await runner.export('Export ledger'), calls);
  expect(calls.filter(call => call.fault !== null).length).toBeGreaterThan(100);
});

test('equal rows are paid once', async ({ page, startMock }) => {
  const mock = await startMock('--latency-ms', '30');
  const file = numberedRows(60);
  const runner = await readyRunner(page, file, {
    'Base URL': mock.baseUrl, 'User prompt': 'The same question for every row',
  });
  await runner.start();
  await runner.untilFinished();
  const { calls } = await mock.ledger();
  expect(calls).toHaveLength(1);
  expect(await runner.line()).toMatchObject({ done: 60, cacheHits: 59 });
});

test('a budget holds whatever is in flight, and the page offers to raise it', async ({ page, startMock }) => {
  // Dear enough that $0.01 pays for a part of the rows only.
  const mock = await startMock('--latency-ms', '30', '--price-in', '2.50', '--price-out', '10');
  const runner = await readyRunner(page, movies(), {
    'Base URL': mock.baseUrl, 'Model': 'gpt-4o', 'Max output tokens': 8, 'Concurrency': 32, 'Budget': '0.01',
  });
  await runner.start();
  await expect(runner.button('Raise budget and continue')).toBeVisible();
  await untilNothingIsOpen(mock);
  const { totals, calls } = await mock.ledger();
  expect(billed(calls)).toBeLessThanOrEqual(10_000_000_000n);
  expect(billed(calls), 'most of it is used before the run stops').toBeGreaterThan(8_000_000_000n);
  expect(await runner.spend()).toEqual({ confirmed: billed(calls), doubtful: 0n });
  const told = await page.getByRole('status').filter({ hasText: 'of $0.01 would be passed' }).innerText();
  const done = Number(/([\d,]+) of 3,200 rows done and saved/.exec(told)?.[1].replace(',', ''));
  await expect.poll(async () => (await runner.line()).done).toBe(done);
  expect(done - (await runner.line()).cacheHits).toBe(calls.filter(call => call.billed).length);

  const before = totals.requests;
  await page.getByLabel('New budget').fill('0.02');
  await runner.button('Raise budget and continue').click();
  // The first pause may still be shown while calls go out again, so the second is told by its budget.
  await expect(page.getByRole('status').filter({ hasText: 'of $0.02 would be passed' })).toBeVisible();
  await untilNothingIsOpen(mock);
  expect((await mock.totals()).requests).toBeGreaterThan(before);
  const raised = BigInt((await mock.totals()).billed_pico);
  expect(raised).toBeGreaterThan(10_000_000_000n);
  expect(raised).toBeLessThanOrEqual(20_000_000_000n);
});

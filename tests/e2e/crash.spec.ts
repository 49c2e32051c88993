// The browser dies as in a power cut, at random moments, and the run goes on where it was.
//
// PENNYBATCH_KILLS: how many times (default 4). PENNYBATCH_SEED: other moments than the usual ones.

import { firstRows, records, movies, readJsonl } from './support/data';
import { Profile } from './support/browser';
import { billed, expectedAnswer, faults, type LedgerCall, type Mock } from './support/mock';
import { ID_AND_TITLE, promptOf, SORT_FILMS } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import { expect, test } from './support/test';

const KILLS = Number(process.env.PENNYBATCH_KILLS ?? 4);
const KILLS_A_RUN = 2;
/** Enough for kills within a run; all of them where more is asked than usual. */
const ROWS = KILLS > 4 ? 3_200 : 1_200;
const SEED = Number(process.env.PENNYBATCH_SEED ?? 1);
const KEY = 'sk-crash-5b1e77';

/** A small generator of repeatable numbers between 0 and 1 (mulberry32). */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Storage is written without pause while answers come at once; else some calls wait, and some fail. */
async function pace(mock: Mock, full: boolean): Promise<void> {
  await mock.set(full
    ? { latency_ms: 0, faults: [] }
    : { latency_ms: 120, faults: faults(['status500', 'torn', 'reset-after', 'no-usage'], 0.02).filter(part => part !== '--fault') });
}

/** The dead client's calls are noticed by the provider only as its connections break. */
async function untilQuiet(mock: Mock): Promise<LedgerCall[]> {
  await expect.poll(async () => (await mock.totals()).open).toBe(0);
  return (await mock.ledger()).calls;
}

/** A kill, as the books stood then: how many calls had arrived, and which messages had their answer on disk. */
interface Kill {
  calls: number;
  ended: Set<string>;
  /** Whether the provider charged for a call whose answer is not on disk. */
  cutOff: boolean;
}

/** Opens the run that the banner offers, without a file; what had ended, by the prompts that were sent for it. */
async function openUnfinished(runner: Runner, input: Record<string, string>[]): Promise<Set<string>> {
  await runner.button('Resume run').click();
  await expect(runner.status).toBeVisible();
  const lines = readJsonl(await runner.export('Export JSONL'));
  const prompts = new Map(input.map(row => [row.id, promptOf(row)]));
  return new Set(lines.map(line => prompts.get(line.id) ?? ''));
}

/** Each call that the provider charged for is an attempt that the page has settled, or counts as possibly billed. */
async function checkNothingIsForgotten(runner: Runner, calls: LedgerCall[], input: Record<string, string>[]): Promise<void> {
  const counted = new Map<string, number>();
  const prompts = new Map(input.map(row => [row.id, promptOf(row)]));
  for (const attempt of records(await runner.export('Export ledger'))) {
    const prompt = prompts.get(attempt.id) ?? '';
    if (['settled', 'may have been billed'].includes(attempt.state)) counted.set(prompt, (counted.get(prompt) ?? 0) + 1);
  }
  for (const call of calls.filter(call => call.billed)) {
    const left = (counted.get(call.message) ?? 0) - 1;
    expect(left, `billed calls beyond the attempts of: ${call.message}`).toBeGreaterThanOrEqual(0);
    counted.set(call.message, left);
  }
}

/** What the provider knows to have been cut off, the page has to ask about. */
async function goOn(runner: Runner, cutOff: boolean): Promise<void> {
  const asked = await runner.goOn(KEY);
  if (cutOff) expect(asked, 'what was in flight').toBe('cut off');
}

/** What must hold over the whole life of a run, whatever happened in between. */
async function checkBooks(runner: Runner, mock: Mock, input: Record<string, string>[], kills: Kill[]): Promise<void> {
  const { calls } = await mock.ledger();
  for (const [nth, kill] of kills.entries()) {
    const again = calls.slice(kill.calls).filter(call => kill.ended.has(call.message));
    expect(again.map(call => call.message), `rows that had ended before kill ${nth + 1} and were sent again`).toEqual([]);
  }
  const spend = await runner.spend();
  expect(spend.confirmed).toBeLessThanOrEqual(billed(calls));
  expect(billed(calls)).toBeLessThanOrEqual(spend.confirmed + spend.doubtful);

  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.map(line => line.id)).toEqual(input.map(row => row.id));
  const wrong = lines.filter((line, row) => line.result !== expectedAnswer(SORT_FILMS, promptOf(input[row])));
  expect(wrong, 'every row has its own answer').toEqual([]);
}

for (let run = 0; run * KILLS_A_RUN < KILLS; run++) {
  const kills = Math.min(KILLS_A_RUN, KILLS - run * KILLS_A_RUN);
  test(`run ${run + 1}: killed ${kills} times and finished`, async ({ startMock, baseURL, launchOptions }) => {
    console.log(`PENNYBATCH_SEED=${SEED}`);
    const random = generator(SEED + run);
    const books: Kill[] = [];
    const mock = await startMock('--api-key', KEY);
    const file = firstRows(movies(), ROWS);
    const input = records(file.buffer.toString());
    const profile = new Profile();
    let browser = await profile.open(launchOptions);
    try {
      await pace(mock, true);
      let runner = await readyRunner(browser.page, file, {
        'Base URL': mock.baseUrl, 'API key': KEY, 'User prompt': ID_AND_TITLE, 'Concurrency': 48, 'Max retries': 8,
        // Held calls are no calls that nobody answers.
        'Timeout': 600,
      }, `${baseURL}#/run`);
      for (let kill = 0; kill < kills; kill++) {
        const full = (run * KILLS_A_RUN + kill) % 2 === 0;
        await pace(mock, full);
        const doneBefore = kill === 0 ? 0 : (await runner.line()).done;
        // Rows are left for what follows, however late the kill comes.
        const callsMax = Math.ceil((ROWS - doneBefore) * 0.7);
        await mock.set({ hold_from: (await mock.totals()).requests + callsMax });
        if (kill === 0) await runner.start();
        else await goOn(runner, books.at(-1)!.cutOff);
        await runner.untilDone(doneBefore + 1);
        const shown = await runner.line();
        if (full) await browser.detach();
        await new Promise(later => setTimeout(later, 50 + random() * (full ? 900 : 2_500)));
        await browser.kill();

        const calls = await untilQuiet(mock);
        browser = await profile.open(launchOptions);
        runner = new Runner(browser.page);
        await runner.open(`${baseURL}#/run`);
        const ended = await openUnfinished(runner, input);
        expect(ended.size, 'what the page had shown as done is done').toBeGreaterThanOrEqual(shown.done);
        const spend = await runner.spend();
        expect(spend.confirmed, 'confirmed spend was billed').toBeLessThanOrEqual(billed(calls));
        expect(billed(calls), 'what was in flight may have been billed').toBeLessThanOrEqual(spend.confirmed + spend.doubtful);
        await checkNothingIsForgotten(runner, calls, input);
        console.log(`kill ${kill + 1}, ${full ? 'full rate' : 'paced'}: ${calls.length} calls, ${ended.size} rows ended, ` +
          `${calls.filter(call => call.disconnected).length} calls cut off; billed ${billed(calls)}, ` +
          `confirmed ${spend.confirmed}, may have been billed ${spend.doubtful} pico-dollars`);
        books.push({ calls: calls.length, ended, cutOff: calls.some(call => call.disconnected && call.billed && !ended.has(call.message)) });
      }
      await pace(mock, true);
      await mock.release();
      await goOn(runner, books.at(-1)!.cutOff);
      await runner.untilFinished();
      await checkBooks(runner, mock, input, books);
    } finally {
      await browser.kill();
      profile.delete();
    }
  });
}

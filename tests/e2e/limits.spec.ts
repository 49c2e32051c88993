// A limit that no header tells of: the run finds it out by its refusals.
//
// PENNYBATCH_SLOWED_RPM, PENNYBATCH_SLOWED_ROWS: how much the server allows a minute (default 300), and how many rows.

import { numberedRows, readJsonl } from './support/data';
import { expectedAnswer } from './support/mock';
import { Runner } from './support/runner';
import { expect, test } from './support/test';

const SYSTEM = 'Sort the row into exactly one category: produce, dairy, other. Respond with just the category name.';

/** A rate is kept by the minute; what comes before is the burst that finds the limit out. */
const FIRST_MINUTE_MS = 60_000;

test('with no header readable, a run at twice the allowed rate ends complete, slowed by its refusals', async ({ page, startMock }) => {
  const rpm = Number(process.env.PENNYBATCH_SLOWED_RPM ?? 300);
  const rows = Number(process.env.PENNYBATCH_SLOWED_ROWS ?? 750);
  test.setTimeout((rows / rpm + 4) * 60_000);
  const mock = await startMock('--latency-ms', '100', '--latency-spread', 'log-normal', '--rpm', `${rpm}`, '--cors', 'openai');
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseData(numberedRows(rows));
  await runner.enter({
    'Base URL': mock.baseUrl, 'API key': 'sk-twice-41bb', 'Model': 'gpt-4o-mini', 'System prompt': SYSTEM,
    'User prompt': '{{name}}', 'Max output tokens': 16, 'Requests per minute': 2 * rpm, 'Concurrency': 15,
  });
  await runner.start();
  await runner.untilFinished((rows / rpm + 3) * 60_000);
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.map(line => line.result)).toEqual(lines.map((_, row) => expectedAnswer(SYSTEM, `Row ${row}`)));
  expect(lines).toHaveLength(rows);
  const { calls: arrived, totals } = await mock.ledger();
  expect(await runner.spend(), 'to the pico-dollar').toEqual({ confirmed: BigInt(totals.billed_pico), doubtful: 0n });
  const later = arrived.filter(call => call.arrived_ms >= arrived[0].arrived_ms + FIRST_MINUTE_MS);
  const refused = later.filter(call => call.status === 429);
  console.log(`${arrived.length} requests, ${arrived.filter(call => call.status === 429).length} refused; after the ` +
    `first minute ${refused.length} of ${later.length}; ${Math.round((arrived.at(-1)!.arrived_ms - arrived[0].arrived_ms) / 1000)} s`);
  expect(later.length, 'it takes longer than a minute').toBeGreaterThan(rpm / 2);
  expect(refused.length / later.length, 'refused after the first minute').toBeLessThan(0.02);
});

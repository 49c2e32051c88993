// A limit that no header tells of: the run finds it out by its refusals.
//
// PENNYBATCH_SLOWED_RPM, PENNYBATCH_SLOWED_ROWS: how much the server allows a minute (default 600), and how many rows (default 1,500).

import { numberedRows, readJsonl } from './support/data';
import { expectedAnswer } from './support/mock';
import { SORT_ROWS } from './support/prompts';
import { readyRunner } from './support/runner';
import { expect, fastTest } from './support/test';

/** A rate is kept by the minute; what comes before is the burst that finds the limit out. */
const FIRST_MINUTE_MS = 60_000;

fastTest('with no header readable, a run at twice the allowed rate ends complete, slowed by its refusals', async ({ page, startMock }) => {
  const rpm = Number(process.env.PENNYBATCH_SLOWED_RPM ?? 600);
  const rows = Number(process.env.PENNYBATCH_SLOWED_ROWS ?? 1500);
  fastTest.setTimeout((rows / rpm + 4) * 60_000);
  const mock = await startMock('--latency-ms', '100', '--latency-spread', 'log-normal', '--rpm', `${rpm}`, '--cors', 'openai');
  const runner = await readyRunner(page, numberedRows(rows), {
    'Base URL': mock.baseUrl, 'API key': 'sk-twice-41bb', 'System prompt': SORT_ROWS, 'User prompt': '{{name}}',
    'Requests per minute': 2 * rpm, 'Concurrency': 15, 'Timeout': 600,
  });
  await runner.start();
  await runner.untilFinished((rows / rpm + 3) * 60_000);
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines.map(line => line.result)).toEqual(lines.map((_, row) => expectedAnswer(SORT_ROWS, `Row ${row}`)));
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

// Any engine's browser dies again and again with a run at full rate, and each run comes to its end. crash.spec.ts does the
// same to Chromium, with faults; this one is for the others: `PENNYBATCH_KILLS=20 cargo dev test --only e2e
// engine_kills.spec.ts --project firefox`.

import { numberedRows, readJsonl, records } from './support/data';
import { doneRows, prepareRun, reopenRun, startRun, untilDone, untilFinished } from './support/engines/run';
import { Screen } from './support/engines/screen';
import { expect, startEngine, test } from './support/engines/test';
import { billed, expectedAnswer } from './support/mock';
import { SORT_ROWS } from './support/prompts';

const KILLS = Number(process.env.PENNYBATCH_KILLS ?? 0);
const KILLS_A_RUN = 4;
const ROWS = 3_200;
const KEY = 'sk-engine-kills-5b1e77';

test.describe.configure({ mode: 'default' });

for (let run = 0; run * KILLS_A_RUN < KILLS; run++) {
  const kills = Math.min(KILLS_A_RUN, KILLS - run * KILLS_A_RUN);
  test(`run ${run + 1}: killed ${kills} times at full rate, and finished`, async ({ engine, profile, startMock, baseURL }) => {
    test.setTimeout(900_000);
    const mock = await startMock('--api-key', KEY);
    const file = numberedRows(ROWS);
    const names = new Map(records(file.buffer.toString()).map(row => [row.id, row.name]));
    const ended: { calls: number; messages: Set<string | undefined> }[] = [];
    let browser = await startEngine(engine, profile);
    try {
      let screen = new Screen(await browser.newTab());
      await prepareRun(screen, baseURL!, file, {
        'System prompt': SORT_ROWS, 'User prompt': '{{name}}', 'Base URL': mock.baseUrl, 'API key': KEY, 'Model': 'gpt-4o-mini',
        'Max output tokens': '16', 'Concurrency': '48',
      });
      for (let kill = 0; kill <= kills; kill++) {
        if (kill === 0) {
          await startRun(screen);
        } else {
          await screen.fill('API key', KEY);
          await screen.click('button', (await screen.text('status', 'Run status')).includes('cut off') ? 'Send again' : 'Resume');
        }
        if (kill === kills) break;
        await untilDone(screen, await doneRows(screen) + 1 + Math.floor(Math.random() * 200));
        const shown = await doneRows(screen);
        await browser.kill();
        await expect.poll(async () => (await mock.totals()).open).toBe(0);
        const { calls } = await mock.ledger();

        ({ browser, screen } = await reopenRun(engine, profile, baseURL!));
        const kept = readJsonl(await screen.export('Export JSONL'));
        expect(kept.length, 'what was shown as done is done').toBeGreaterThanOrEqual(shown);
        const attempts = records(await screen.export('Export ledger'));
        const sum = (states: string[]) => attempts.filter(attempt => states.includes(attempt.state))
          .reduce((sum, attempt) => sum + BigInt(attempt.cost_pico_usd || 0), 0n);
        expect(sum(['settled']), 'confirmed spend was billed').toBeLessThanOrEqual(billed(calls));
        ended.push({ calls: calls.length, messages: new Set(kept.map(line => names.get(line.id))) });
        console.log(`kill ${kill + 1}: ${calls.length} calls, shown ${shown}, kept ${kept.length}, ` +
          `${calls.filter(call => call.disconnected).length} cut off`);
      }
      await untilFinished(screen);
      const { calls } = await mock.ledger();
      for (const { calls: before, messages } of ended) {
        expect(calls.slice(before).filter(call => messages.has(call.message)), 'ended rows that were sent again').toEqual([]);
      }
      const lines = readJsonl(await screen.export('Export JSONL'));
      expect(lines.map(line => line.result)).toEqual([...names.values()].map(name => expectedAnswer(SORT_ROWS, name)));
    } finally {
      await browser.kill();
    }
  });
}

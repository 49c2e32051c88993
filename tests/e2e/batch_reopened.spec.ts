// A batch run that is closed and opened again shows the figures of one that never was: reopening computes no price and no
// token anew. The tokens are counted before the start; after the reopening nothing has counted them.

import { books, handOver, KEY, setBatch } from './support/batch';
import { Profile } from './support/browser';
import { numberedRows, records } from './support/data';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const ROWS = 60;
const PER_JOB = 20;
/** No job is done before the test wants it to be, however slow the machine is. */
const NOT_YET_MS = 600_000;
/** Of an attempt, what is the same in two runs. */
const COMPARED = ['attempt', 'id', 'state', 'input_tokens', 'output_tokens', 'reserved_usd', 'cost_pico_usd'];

/** Every exact amount on the page, in pico-dollars, in its order. */
async function amounts(page: Page): Promise<(string | null)[]> {
  return page.locator('[data-pico]').evaluateAll(all => all.map(one => one.getAttribute('data-pico')));
}

async function attempts(runner: Runner): Promise<Record<string, string>[]> {
  const lines = records(await runner.export('Export ledger'));
  return lines.map(line => Object.fromEntries(COMPARED.map(name => [name, line[name]])));
}

test('a batch run that is opened again has the figures of one that was never closed', async ({ startMock, baseURL, launchOptions }) => {
  test.setTimeout(360_000);
  /** A run's figures while its jobs are under way, and at its end. */
  const lived = async (closed: boolean) => {
    const mock = await startMock('--api-key', KEY);
    await setBatch(mock, { delay_ms: NOT_YET_MS });
    await mock.set({ hold_from: 2 });
    const profile = new Profile();
    // Bounds follow the count where the address is the vendor's own.
    const args = [...launchOptions.args ?? [], `--host-resolver-rules=MAP api.openai.com:443 ${new URL(mock.baseUrl).host}`];
    let browser = await profile.open({ ...launchOptions, args });
    try {
      let runner = await readyRunner(browser.page, numberedRows(ROWS), {
        'Provider': 'OpenAI', 'API key': KEY, 'System prompt': BRIEF, 'User prompt': '{{id}}: {{name}}', 'Concurrency': 2,
      }, `${baseURL}#/run`);
      await expect(browser.page.getByRole('region', { name: 'Before you start' })).toContainText('by the model\u2019s own tokenizer');
      await runner.start();
      await handOver(browser.page, runner, mock, PER_JOB);
      await expect.poll(async () => (await books(mock)).jobs.length).toBe(3);
      const jobs = () => browser.page.getByRole('region', { name: 'Batch jobs' });
      await expect(jobs().getByText(/batch_/)).toHaveCount(3);
      if (closed) {
        await browser.kill();
        browser = await profile.open({ ...launchOptions, args });
        runner = new Runner(browser.page);
        await runner.open(`${baseURL}#/run`);
        await runner.button('Resume run').click();
        expect(await runner.goOn(KEY)).toBe('between calls');
        await expect(jobs().getByText(/batch_/)).toHaveCount(3);
      }
      const during = { amounts: await amounts(browser.page), attempts: await attempts(runner) };
      await setBatch(mock, { delay_ms: 0 });
      await runner.untilFinished();
      const end = { amounts: await amounts(browser.page), attempts: await attempts(runner) };
      return { during, end };
    } finally {
      await browser.kill();
      profile.delete();
    }
  };
  const never = await lived(false);
  expect(never.during.amounts.length).toBeGreaterThan(0);
  expect(never.end.attempts).toHaveLength(ROWS);
  expect(await lived(true)).toEqual(never);
});

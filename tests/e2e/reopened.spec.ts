// A batch run whose tokens were counted is closed while its job is under way, and opened again where nothing counts tokens:
// it shows the figures of a run that was never closed.

import { books, checkSpend, handOver, KEY, setBatch } from './support/batch';
import { numberedRows } from './support/data';
import type { Mock } from './support/mock';
import { readyRunner, Runner } from './support/runner';
import { expect, fastTest, type Page } from './support/test';

const OPENAI = 'https://api.openai.com';
/** Long enough for a count to be far below what bytes allow. */
const SYSTEM = 'Sort this film into drama, comedy or action, and answer with that word alone. '.repeat(12);

/** Only OpenAI's own address has its prompts counted, so the simulated provider stands in its place. */
async function answersAsOpenAi(page: Page, mock: Mock): Promise<void> {
  await page.route(`${OPENAI}/**`, async route => {
    const url = route.request().url().replace(OPENAI, mock.http);
    await route.fulfill({ response: await route.fetch({ url }) });
  });
}

for (const closed of [false, true]) {
  fastTest(`a batch run with counted tokens ${closed ? 'that is closed and opened again' : 'that is never closed'}`, async ({
    page, startMock,
  }) => {
    const mock = await startMock('--api-key', KEY, '--latency-ms', '20000');
    await setBatch(mock, { delay_ms: 20_000 });
    await answersAsOpenAi(page, mock);
    const runner = await readyRunner(page, numberedRows(60), {
      'Provider': 'OpenAI', 'API key': KEY, 'Model': 'gpt-4o-mini', 'System prompt': SYSTEM, 'User prompt': '{{id}}: {{name}}',
      'Concurrency': 1, 'Max output tokens': 64, 'Budget': '1',
    });
    await expect(page.getByRole('region', { name: 'Before you start' })).toContainText('by the model\u2019s own tokenizer');
    await runner.start();
    await handOver(page, runner, 60);
    await expect.poll(async () => (await books(mock)).jobs.length).toBe(1);
    if (closed) {
      await page.goto('./#/runs');
      await page.reload();
      await runner.button('Resume run').click();
      await runner.goOn(KEY);
    }
    await runner.untilFinished();
    await expect(page.getByText('Above reservations')).toHaveCount(0);
    const spend = await runner.spend();
    expect(spend.doubtful).toBe(0n);
    await checkSpend(new Runner(page), mock);
  });
}

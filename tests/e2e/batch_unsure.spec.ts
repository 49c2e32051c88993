// A job whose creation was not answered: it is looked for on every page of the provider's list, and where the provider
// can't be told to forget its file, the person is asked.

import { books, checkAnswers, checkSpend, begin, handOver, KEY, setBatch } from './support/batch';
import { clockOf } from './support/clock';
import type { Mock } from './support/mock';
import type { Runner } from './support/runner';
import { expect, leapTest, type Page } from './support/test';

const ROWS = 12;
// How long a job is looked for before its file is to be deleted, and before another one is made.
const LOOKED_FOR_MS = 61_000;
const LISTED_WITHIN_MS = 601_000;

/** Jobs of somebody else on the same account, newer than the one that is looked for. */
async function othersJobs(mock: Mock, count: number): Promise<void> {
  const headers = { authorization: `Bearer ${KEY}` };
  const form = new FormData();
  form.append('purpose', 'batch');
  const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] };
  const line = JSON.stringify({ custom_id: 'theirs', method: 'POST', url: '/v1/chat/completions', body });
  form.append('file', new Blob([`${line}\n`]), 'theirs.jsonl');
  const uploaded = await fetch(`${mock.http}/v1/files`, { method: 'POST', headers, body: form });
  const { id } = await uploaded.json() as { id: string };
  for (let job = 0; job < count; job += 1) {
    const created = await fetch(`${mock.http}/v1/batches`, {
      method: 'POST', headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
    });
    expect(created.ok).toBe(true);
  }
}

/** `leap` puts the worker's clock forward. */
async function handOverAll(page: Page, mock: Mock): Promise<{ runner: Runner; leap: (ms: number) => Promise<void> }> {
  const runner = await begin(page, mock, ROWS);
  const { leap } = await clockOf(page);
  await handOver(page, runner, mock, ROWS);
  return { runner, leap };
}

/** The list has been looked through, and was without the job. */
async function lookedThrough(page: Page): Promise<void> {
  await page.waitForResponse(response => /\/v1\/batches\?limit=/.test(response.url()));
}

leapTest('a job whose creation was not answered is found on a later page of the list, and adopted', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY);
  const pages: (string | null)[] = [];
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.pathname === '/v1/batches' && request.method() === 'GET') pages.push(url.searchParams.get('after'));
  });
  await setBatch(mock, { lose_creates: 1, create_hold_ms: 10_000, list_page: 2, delay_ms: 200 });
  const { runner } = await handOverAll(page, mock);
  // The others' jobs are there before the page, which is still waiting for an answer, looks through the list.
  await expect.poll(async () => (await books(mock)).jobs.length).toBe(1);
  await setBatch(mock, { create_hold_ms: 0 });
  await othersJobs(mock, 5);
  await runner.untilFinished();
  const { jobs, billed_twice: twice } = await books(mock);
  expect(jobs.length, 'no second job was made').toBe(6);
  expect(twice.filter(id => id !== 'theirs')).toEqual([]);
  expect(pages.slice(0, 3)).toEqual([null, expect.any(String), expect.any(String)]);
  expect(new Set(pages.slice(0, 3)).size, 'three pages, each once').toBe(3);
  await checkAnswers(runner, ROWS);
});

leapTest('the person says that the job is there, by resuming: it is found, and paid once', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { lose_creates: 1, keeps_files: true, unlisted: true, delay_ms: 200 });
  const looked = lookedThrough(page);
  const { runner, leap } = await handOverAll(page, mock);
  await looked;
  await leap(LOOKED_FOR_MS);
  const asked = page.getByText('Does the provider have this batch job?');
  await expect(asked).toBeVisible();
  await setBatch(mock, { unlisted: false });
  await runner.button('Resume').click();
  await runner.untilFinished();
  const { jobs, billed_twice: twice } = await books(mock);
  expect(jobs.map(job => job.status)).toEqual(['completed']);
  expect(twice).toEqual([]);
  await checkSpend(runner, mock);
  await checkAnswers(runner, ROWS);
});

leapTest('the person says that there is none, by resuming: after ten minutes without it another one is made', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY);
  await setBatch(mock, { drop_creates: 1, keeps_files: true, delay_ms: 200 });
  let looked = lookedThrough(page);
  const { runner, leap } = await handOverAll(page, mock);
  await looked;
  await leap(LOOKED_FOR_MS);
  await expect(page.getByText('Does the provider have this batch job?')).toBeVisible();
  looked = lookedThrough(page);
  await runner.button('Resume').click();
  await looked;
  expect((await books(mock)).jobs, 'none before the list had ten minutes to name it').toEqual([]);
  await leap(LISTED_WITHIN_MS);
  await runner.untilFinished();
  const { jobs, files, billed_twice: twice } = await books(mock);
  expect(jobs.map(job => job.status)).toEqual(['completed']);
  expect(files, 'two request files, and a result').toBe(3);
  expect(twice).toEqual([]);
  await checkSpend(runner, mock);
  await checkAnswers(runner, ROWS);
});

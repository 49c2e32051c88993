// What holds for the page wherever it is served: its own policy, its own files, and no other host.

import { expect, test, type Page, type Response } from '@playwright/test';
import { held, waitUntilAlive } from './support/test';

const PAGES = { 'at the root': 'PENNYBATCH_PAGE', 'below a path': 'PENNYBATCH_PAGE_BELOW' };

for (const [place, variable] of Object.entries(PAGES)) {
  test(`the page opens ${place}, from its own files alone`, async ({ page }) => {
    const address = process.env[variable];
    if (!address) throw new Error(`${variable} is not set`);
    const faults: string[] = [];
    page.on('console', message => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', error => faults.push(String(error)));
    const answers: Response[] = [];
    page.on('response', answer => answers.push(answer));

    await page.goto(address);
    await expect(page.getByRole('heading').first()).toBeVisible();

    expect(faults).toEqual([]);
    for (const answer of answers) {
      expect(answer.url().startsWith(address), `${answer.url()} is below ${address}`).toBe(true);
      expect(answer.status(), answer.url()).toBe(200);
    }
    const program = answers.find(answer => /\/app-[0-9a-f]{12}\.wasm$/.test(answer.url()));
    expect(program?.headers()['content-type']).toBe('application/wasm');
  });
}

test('every answer carries the policy, the scripts of the page and of its worker included', async ({ page, request }) => {
  await page.goto('./');
  const worker = await page.locator('meta[name="pennybatch-worker"]').getAttribute('content');
  expect(worker).toMatch(/^worker-[0-9a-f]{12}\.js$/);
  const app = await page.locator('script[type="module"]').first().getAttribute('src');
  for (const name of ['./', worker!, app!, 'embed.js']) {
    const policy = (await request.get(name)).headers()['content-security-policy'];
    expect(policy, name).toContain("default-src 'none'");
    expect(policy, name).not.toContain("'unsafe-inline'");
    expect(policy, name).not.toContain("'unsafe-eval'");
  }
});

test('nobody may frame the page', async ({ page, request }) => {
  for (const name of ['./', 'index.html']) {
    expect((await request.get(name)).headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  }
  const refused = await framed(page, './');
  expect(refused).toBe(true);
});

/** Whether a frame of `address` stays empty in a page of another origin. */
async function framed(page: Page, address: string): Promise<boolean> {
  const target = new URL(address, process.env.PENNYBATCH_PAGE).href;
  await page.setContent(`<iframe src="${target}"></iframe>`);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  await page.waitForLoadState('load');
  return (await frame!.locator('#app').count()) === 0;
}

test('the answer is in the HTML, for readers without scripts too', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(process.env.PENNYBATCH_PAGE!);
  await expect(page.getByRole('group', { name: 'Async' })).toContainText('$0.225');
  // Chromium reads it as text where scripts are turned off from outside.
  expect(await page.locator('noscript').textContent()).toContain('allow JavaScript for this page');
  await context.close();
});

test('a link to another page shows nothing of the opening page', async ({ browser }) => {
  const page = await browser.newPage();
  await page.route('**/app-*.wasm', route => route.abort());
  await page.goto(`${process.env.PENNYBATCH_PAGE}#/runs`);
  await expect(page.getByRole('heading', { name: 'What will this batch of LLM calls cost?' })).toBeHidden();
  await page.close();
});

test('the HTML holds the opening run page, and shows the page that the address asks for', async ({ browser }) => {
  const [calculator, run] = ['What will this batch of LLM calls cost?', 'Run a batch'];
  for (const [hash, shown, hidden] of [['', calculator, run], ['#/run', run, calculator], ['#/run?model=gpt-4o', run, calculator]]) {
    const page = await browser.newPage();
    await page.route('**/app-*.wasm', route => route.abort());
    await page.goto(`${process.env.PENNYBATCH_PAGE}${hash}`);
    await expect(page.getByRole('heading', { name: shown }), hash).toBeVisible();
    await expect(page.getByRole('heading', { name: hidden }), hash).toBeHidden();
    await page.close();
  }
});

test('until its part is there, the run page shows its opening, which takes no input', async ({ browser }) => {
  test.skip(!process.env.PENNYBATCH_PARTS, 'this page is in one piece; the release has parts');
  const page = await browser.newPage();
  let arrive = () => undefined as void;
  const arriving = new Promise<void>(done => (arrive = done));
  await page.route('**/part-split_run-*.wasm', async route => {
    await arriving;
    await route.continue();
  });
  await page.goto(`${process.env.PENNYBATCH_PAGE}#/run`);
  await expect(page.getByRole('link', { name: 'Runner', exact: true })).toHaveAttribute('aria-current', 'page');
  await expect(page.locator('[inert] > .opening h1')).toHaveText('Run a batch');
  arrive();
  await expect(page.locator('.opening')).toHaveCount(0);
  await page.getByRole('button', { name: 'Sample data', exact: true }).click();
  await expect(page.getByText('500 rows', { exact: false }).first()).toBeVisible();
  await page.close();
});

test('a part that does not load says so, and loads when asked again', async ({ page }) => {
  test.skip(!process.env.PENNYBATCH_PARTS, 'this page is in one piece; the release has parts');
  let refuse = true;
  await page.route('**/part-split_run-*.wasm', route => (refuse ? route.abort() : route.continue()));
  await page.goto('./#/run');
  await expect(page.getByText("This part of the page didn't load")).toBeVisible();
  refuse = false;
  await page.getByRole('button', { name: 'Try again', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Run a batch' })).toBeVisible();
});

test('where the part that shows a run does not load, nothing is started', async ({ page }) => {
  test.skip(!process.env.PENNYBATCH_PARTS, 'this page is in one piece; the release has parts');
  await page.route('**/part-split_open_run-*.wasm', route => route.abort());
  await page.goto('./#/run');
  const fetchedAhead = page.waitForRequest('**/part-split_open_run-*.wasm');
  await page.getByRole('button', { name: 'Sample data', exact: true }).click();
  await fetchedAhead;
  await page.getByRole('button', { name: 'Start run', exact: true }).click();
  await expect(page.getByText('Nothing was started: the part of the page that shows a run')).toBeVisible();
  await page.unroute('**/part-split_open_run-*.wasm');
  await page.getByRole('button', { name: 'Start run', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
});

test('a run that waits for the part that shows it starts once', async ({ page }) => {
  test.skip(!process.env.PENNYBATCH_PARTS, 'this page is in one piece; the release has parts');
  const come = await held(page, '**/part-split_open_run-*.wasm');
  await page.goto('./#/run');
  await page.getByRole('button', { name: 'Sample data', exact: true }).click();
  const start = page.getByRole('button', { name: 'Start run', exact: true });
  await start.click();
  await expect(start).toBeDisabled();
  come();
  await expect(page.getByRole('button', { name: 'Pause', exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Runs' }).getByRole('listitem')).toHaveCount(1);
});

test('a part that is never done loading is told of, and shown when it comes after all', async ({ page }) => {
  test.skip(!process.env.PENNYBATCH_PARTS, 'this page is in one piece; the release has parts');
  const come = await held(page, '**/part-split_run-*.wasm');
  await page.clock.install();
  await page.goto('./#/run');
  await page.waitForFunction(() => !document.documentElement.inert);
  await page.clock.fastForward(30_000);
  await expect(page.getByText("This part of the page didn't load")).toBeVisible();
  come();
  await expect(page.getByRole('button', { name: 'Sample data', exact: true })).toBeVisible();
  await expect(page.getByText("This part of the page didn't load")).toHaveCount(0);
});

test('a page that is never done loading says so, and starts when it comes after all', async ({ browser }) => {
  const page = await browser.newPage();
  const come = await held(page, '**/app-*.wasm');
  await page.clock.install();
  await page.goto(process.env.PENNYBATCH_PAGE!);
  await page.clock.fastForward(15_000);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.clock.fastForward(15_000);
  await expect(page.getByRole('alert')).toHaveText('This page is taking a long time to start. If your connection is fine, reload it. Reload');
  expect(await page.evaluate(() => document.documentElement.inert)).toBe(false);
  come();
  await expect(page.getByText('This page is taking a long time to start.')).toHaveCount(0);
  await expect(page.getByRole('group', { name: 'Async' })).toContainText('$0.225');
  await page.close();
});

test('a page whose program has stopped says so', async ({ browser }) => {
  const page = await browser.newPage();
  waitUntilAlive(page);
  await page.goto(process.env.PENNYBATCH_PAGE!);
  await page.evaluate(() => window.dispatchEvent(new ErrorEvent('error', { error: new WebAssembly.RuntimeError('unreachable') })));
  await expect(page.getByRole('alert')).toHaveText('This page has stopped working. What is done is saved: reload the page ' +
    'to continue. If it happens again, report it with these words: unreachable. Reload');
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.close();
});

test('a page that cannot start says so, and can still be read', async ({ browser }) => {
  const page = await browser.newPage();
  await page.route('**/app-*.js', route => route.abort());
  await page.goto(process.env.PENNYBATCH_PAGE!);
  await expect(page.getByRole('alert')).toHaveText("This page didn't load completely. Check your connection and reload it. Reload");
  expect(await page.evaluate(() => document.documentElement.inert)).toBe(false);
  await expect(page.getByRole('group', { name: 'Async' })).toContainText('$0.225');
  await page.close();
});

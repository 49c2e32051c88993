// What holds for the page wherever it is served: its own policy, its own files, and no other host.

import { expect, test, type Page, type Response } from '@playwright/test';

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

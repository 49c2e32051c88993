// Every control is large enough for a finger: 44 px each way (WCAG 2.5.5). Links within a sentence are exempt.

import { sampleRunner } from './support/runner';
import { expect, test, type Page } from './support/test';

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

const CONTROLS = 'button, summary, select, textarea, input, nav a, .button';

/** What takes a press for a control: its label, its row of the results, its tile or its frame as well as itself. */
async function large(page: Page, state: string): Promise<void> {
  await page.evaluate(() => document.querySelectorAll('details:not(.share)').forEach(one => one.setAttribute('open', '')));
  const small = await page.locator(CONTROLS).evaluateAll(all => all
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().bottom > 0)
    .map(one => {
      const labels = [...(one as HTMLInputElement).labels ?? []];
      const boxes = [one, ...labels, one.closest('.results__row, .tile, .number-field__box')].filter(part => part !== null).map(part => part.getBoundingClientRect());
      const [left, top] = [Math.min(...boxes.map(box => box.left)), Math.min(...boxes.map(box => box.top))];
      const [right, bottom] = [Math.max(...boxes.map(box => box.right)), Math.max(...boxes.map(box => box.bottom))];
      const name = one.getAttribute('aria-label') ?? labels[0]?.textContent ?? one.textContent;
      return { name: `${one.tagName} ${name?.trim().slice(0, 40)}`, width: right - left, height: bottom - top };
    })
    .filter(({ width, height }) => width < 43.9 || height < 43.9)
    .map(({ name, width, height }) => `${name}: ${Math.round(width)} × ${Math.round(height)}`));
  expect.soft(small, state).toEqual([]);
}

test('the calculator', async ({ page }) => {
  await page.goto('./#/?pins=gpt-4o,gpt-4o-mini&rpm=500');
  await expect(page.getByRole('table', { name: 'Side by side' })).toBeVisible();
  await large(page, 'the calculator');
  await page.locator('summary', { hasText: /^Share/ }).click();
  await large(page, 'the share menu');
});

test('the run page, a run that has finished, a row, the history, the settings', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.expand('How the Demo behaves');
  await page.getByLabel('Demo latency', { exact: true }).fill('20');
  await large(page, 'the run page');
  await runner.start();
  await runner.untilDone(20);
  await large(page, 'a run under way');
  await runner.untilFinished();
  await large(page, 'a finished run');
  await page.getByRole('button', { name: /^Open row / }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await large(page, 'a row');
  await page.keyboard.press('Escape');
  for (const name of ['Runs', 'Settings']) {
    await page.getByRole('link', { name, exact: true }).click();
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
    await large(page, name);
  }
});

test('the calculator in another page', async ({ page }) => {
  await page.goto('./embed.html?model=gpt-4o&calls=800');
  await expect(page.getByRole('group', { name: 'Async' })).toContainText('$');
  await page.locator('summary').evaluateAll(all => all.forEach(one => one.parentElement!.setAttribute('open', '')));
  await large(page, 'the calculator in another page');
});

// Small screens and the keyboard alone. What axe finds is in axe.spec.ts.

import { Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const ROUTES = ['#/', '#/run', '#/runs', '#/settings'];

async function settled(page: Page, route: string): Promise<void> {
  await page.goto(`./${route}`);
  await expect(page.getByRole('main')).toBeVisible();
  await expect(page.getByRole('heading').first()).toBeVisible();
}

for (const width of [360, 320]) {
  for (const route of ROUTES) {
    test(`${route} needs no sideways scrolling at ${width} px`, async ({ page }) => {
      await page.setViewportSize({ width, height: 740 });
      await settled(page, route);
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(await overflow()).toBeLessThanOrEqual(0);
    });
  }
}

test('a run needs no sideways scrolling at 360 px', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const runner = new Runner(page);
  await runner.open();
  await runner.button('Sample data').click();
  await runner.start();
  await runner.untilDone(10, 60_000);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

test('every button of the calculator and its comparisons is large enough for a finger', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    baseURL, ignoreHTTPSErrors: true, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true,
  });
  const page = await context.newPage();
  await page.goto('./#/?pins=gpt-4o,gpt-4o-mini&rpm=500');
  await expect(page.getByRole('table', { name: 'Cost by model' })).toBeVisible();
  const small = await page.locator('main').locator('button, select').evaluateAll(all => all
    .map(one => ({ name: one.getAttribute('aria-label') ?? one.textContent, ...one.getBoundingClientRect().toJSON() }))
    .filter(({ width, height }) => height > 0 && (width < 44 || height < 44)));
  expect(small).toEqual([]);
  await context.close();
});

test('a model is pinned and chosen, the table sorted and filtered, by the keyboard alone', async ({ page }) => {
  await settled(page, '#/');
  const table = page.getByRole('table', { name: 'Cost by model' });
  const filter = page.getByRole('searchbox', { name: 'Filter models' });
  await filter.focus();
  await page.keyboard.type('claude-opus-5');
  await expect(filter).toHaveValue('claude-opus-5');
  await tabTo(page, 'button', 'Provider');
  await page.keyboard.press('Enter');
  await expect(table.getByRole('columnheader', { name: 'Provider' })).toHaveAttribute('aria-sort', 'ascending');
  await tabTo(page, 'button', 'Pin claude-opus-5');
  await page.keyboard.press('Space');
  await expect(page.getByRole('table', { name: 'Side by side' })).toContainText('claude-opus-5');
  await expect(page.getByRole('button', { name: 'Pin claude-opus-5', exact: true })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Model', exact: true })).toHaveValue('claude-opus-5');
});

const TABS_MAX = 120;

/** Presses Tab until the element with this role and name has the focus. */
async function tabTo(page: Page, role: 'button' | 'link', name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).first();
  await expect(wanted).toBeVisible();
  for (let pressed = 0; pressed < TABS_MAX; pressed++) {
    if (await wanted.evaluate(element => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${TABS_MAX} times Tab does not reach the ${role} ${name}`);
}

test('the newcomer\'s run needs nothing but Tab and Enter', async ({ page }) => {
  test.setTimeout(120_000);
  const runner = new Runner(page);
  await page.goto('./');
  await tabTo(page, 'link', 'Runner');
  await page.keyboard.press('Enter');
  await tabTo(page, 'button', 'Sample data');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/\b500 rows\b/).first()).toBeVisible();
  await expect(runner.button('Start run')).toBeEnabled();
  await tabTo(page, 'button', 'Start run');
  await page.keyboard.press('Enter');
  await runner.untilFinished(90_000);
  await tabTo(page, 'button', 'Export CSV');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await downloading).suggestedFilename()).toMatch(/\.csv$/);
});

// Small screens, the keyboard alone, and what a screen reader is told.

import axe from 'axe-core';
import { Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

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

for (const scheme of ['light', 'dark'] as const) {
  for (const route of ROUTES) {
    test(`${route} has no fault that axe knows, in ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await settled(page, route);
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => (await window.axe.run()).violations);
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join(', ')}`);
      expect(found).toEqual([]);
    });
  }
}

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

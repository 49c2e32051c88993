// The pictures in docs/, made anew by `PENNYBATCH_PICTURES=1 cargo dev test --only e2e pictures.spec.ts`.

import { join } from 'node:path';
import { REPO } from './support/mock';
import { sampleRunner } from './support/runner';
import { expect, test, type Page } from './support/test';

/** A fixed day, so that the same prices are in force and the same picture comes out. */
const DAY = new Date('2026-11-24T12:00:00Z');

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(REPO, 'docs', `${name}.png`), animations: 'disabled' });
}

const PICTURES = [
  { name: 'calculator', width: 1280, height: 1000, colorScheme: 'light', query: '' },
  {
    name: 'calculator-dark', width: 1280, height: 1000, colorScheme: 'dark',
    query: '?model=claude-haiku-4-5&calls=20000&in=1200&out=150&dup=10&conc=50&prefix=0&rpm=1000&pins=gpt-6-luna,claude-haiku-4-5',
  },
  { name: 'calculator-360', width: 360, height: 800, colorScheme: 'light', query: '' },
] as const;

for (const { name, width, height, colorScheme, query } of PICTURES) {
  test(`a picture: ${name}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await page.clock.setFixedTime(DAY);
    await page.goto(`./#/${query}`);
    await expect(page.getByRole('table', { name: 'Cost by model' })).toBeVisible();
    await expect(page.getByRole('figure', { name: 'Time by concurrency' })).toBeVisible();
    await picture(page, name);
  });
}

test('a picture: embed', async ({ page }) => {
  await page.setViewportSize({ width: 1000, height: 1000 });
  await page.clock.setFixedTime(DAY);
  await page.goto('./gallery/plain.html');
  await expect(page.getByRole('group', { name: 'Async' }).first()).toContainText('$');
  await expect(page.locator('llm-batch-calculator').first()).not.toHaveAttribute('inert');
  await picture(page, 'embed');
});

const RUN_PICTURES = [
  { name: 'runner', width: 1280, height: 1150, colorScheme: 'light' },
  { name: 'runner-360', width: 360, height: 800, colorScheme: 'dark' },
] as const;

for (const { name, width, height, colorScheme } of RUN_PICTURES) {
  test(`a picture: ${name}`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const runner = await sampleRunner(page);
    await runner.enter({ 'Budget': '0.05' });
    await runner.start();
    await runner.untilDone(300);
    await page.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
    await picture(page, name);
  });
}

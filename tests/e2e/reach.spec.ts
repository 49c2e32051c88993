// Small screens and the keyboard alone. What axe finds is in axe.spec.ts.

import { tabTo } from './support/keyboard';
import { Runner, sampleRunner } from './support/runner';
import { expect, fastTest, test, type Page } from './support/test';

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
  const runner = await sampleRunner(page);
  await runner.start();
  await runner.untilDone(10);
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

test('on a phone the list of models is the phone\'s own', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    baseURL, ignoreHTTPSErrors: true, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true,
  });
  const page = await context.newPage();
  await page.goto('./');
  const model = page.getByRole('combobox', { name: 'Model', exact: true });
  await expect(model.locator('optgroup')).not.toHaveCount(0);
  await expect(model).toHaveValue('openai/gpt-6-luna');
  await model.selectOption('openai/gpt-4o');
  await expect(page.getByRole('group', { name: 'Sequential' })).toContainText('$5.63');
  const listed = await model.locator('option').count();
  await model.selectOption({ label: 'Show retired' });
  await expect.poll(() => model.locator('option').count()).toBeGreaterThan(listed);
  await expect(model).toHaveValue('openai/gpt-4o');
  await context.close();
});

test('where the system chooses the colors, a switch still shows whether it is on, and a bar how far it is', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' });
  const runner = await sampleRunner(page);
  await runner.openMore();
  const colors = () => page.getByRole('switch', { name: 'Use cache' }).evaluate(one =>
    [one, one.nextElementSibling!].map((_, at) => getComputedStyle(one, at === 0 ? null : '::after').backgroundColor));
  const on = await colors();
  expect(on[0]).not.toBe(on[1]);
  await page.getByRole('switch', { name: 'Use cache' }).click();
  await expect.poll(colors).not.toEqual(on);
  const off = await colors();
  expect(off[0]).not.toBe(off[1]);
  await runner.start();
  await runner.untilDone(10);
  const bar = await page.locator('.progress-bar').evaluate(bar => [
    getComputedStyle(bar).backgroundColor, getComputedStyle(bar.querySelector('.progress-bar__done')!).fill]);
  expect(bar[0]).not.toBe(bar[1]);
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
  await expect(page.getByRole('button', { name: 'Unpin claude-opus-5', exact: true })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Model', exact: true })).toHaveValue('claude-opus-5');
});

fastTest('the newcomer\'s run needs nothing but Tab and Enter', async ({ page }) => {
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
  await runner.untilFinished();
  await tabTo(page, 'button', 'Export CSV');
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  expect((await downloading).suggestedFilename()).toMatch(/\.csv$/);
});

test('whatever is pressed goes, the focus does not', async ({ page }) => {
  const runner = new Runner(page);
  const lost = () => page.evaluate(() => document.activeElement === document.body);
  const press = async (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' }).first().press('Enter');
  await page.goto('./');
  await press('Run this');
  await expect(page.getByRole('main')).toBeFocused();
  await runner.chooseSample();
  await runner.openMore();
  await press('Add another key');
  await press('Remove lane 2');
  await expect(runner.button('Remove lane 2')).toBeHidden();
  expect(await lost()).toBe(false);
  await runner.enter({ 'Provider': 'Demo', 'Concurrency': 2 });
  await runner.start();
  await runner.untilDone(5);
  await runner.stop();
  await runner.untilFinished();
  expect(await lost()).toBe(false);
  const { done, total } = await runner.line();
  expect(done, 'what was canceled is not done').toBeLessThan(total);
  await press('New run');
  await expect(page.getByRole('heading', { name: 'Run a batch' })).toBeFocused();
  await page.getByRole('link', { name: 'Runs', exact: true }).press('Enter');
  const canceled = new RegExp(`^Stopped: ${done} of ${total} rows done.*, \\d+ not sent, \\$[\\d.]+ spent`);
  await expect(page.getByText(canceled)).toBeVisible();
  await press(/^Delete run/);
  await press('Delete for good');
  await expect(page.getByRole('heading', { name: 'Runs', exact: true })).toBeFocused();

  await page.getByRole('link', { name: 'Runner', exact: true }).first().press('Enter');
  await runner.start();
  await runner.stop();
  await runner.untilFinished();
  await runner.expand('More');
  await press('Delete run');
  await press('Delete for good');
  await expect(page.getByRole('heading', { name: 'Run a batch' })).toBeFocused();
});

/** `2026-11-30` or `30 Nov 2026`. */
const DATE = String.raw`\d{4}-\d{2}-\d{2}|\d{1,2}\s[A-Z][a-z]{2}\s\d{4}`;

test('no date breaks, however narrow its column is', async ({ page }) => {
  for (const route of ['#/', '#/run', '#/settings', 'embed.html']) {
    await page.goto(`./${route}`);
    if (route === 'embed.html') await page.getByText('Why?').click();
    if (route === '#/run') {
      const runner = new Runner(page);
      await runner.chooseSample();
      await runner.openMore();
    }
    // The phone's own list holds dates too.
    await expect(page.getByText(new RegExp(DATE)).filter({ visible: true }).first()).toBeVisible();
    const broken = new Set<string>();
    for (let width = 300; width <= 420; width += 4) {
      await page.setViewportSize({ width, height: 740 });
      for (const words of await page.evaluate(brokenDates, DATE)) broken.add(words);
    }
    expect([...broken], route).toEqual([]);
  }
});

/** What surrounds each date that stands on two lines. */
function brokenDates(pattern: string): string[] {
  const found: string[] = [];
  const search = (root: Node) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (node instanceof Element) {
        if (node.shadowRoot) search(node.shadowRoot);
        continue;
      }
      for (const date of (node as Text).data.matchAll(new RegExp(pattern, 'g'))) {
        const range = document.createRange();
        range.setStart(node, date.index);
        range.setEnd(node, date.index + date[0].length);
        if (new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > 1) found.push((node as Text).data);
      }
    }
  };
  search(document.body);
  return found;
}

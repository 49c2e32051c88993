// Zoom of 200% and 400% on a screen of 1280 × 1024, and text alone at twice its size (WCAG 1.4.4 and 1.4.10): nothing scrolls
// sideways but wide tables in their own boxes, and nothing is cut off.

import { Runner, sampleRunner } from './support/runner';
import { expect, fastTest, test, type Page } from './support/test';

const SIZES = [
  { what: 'at 200%', width: 640, height: 512, text: 16 },
  { what: 'at 400%', width: 320, height: 256, text: 16 },
  { what: 'with text at 200%', width: 1280, height: 1024, text: 32 },
];

/** Looks at the page as it stands in each size, with the documents in its frames. */
async function fits(page: Page, state: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  for (const { what, width, height, text } of SIZES) {
    await session.send('Page.setFontSizes', { fontSizes: { standard: text, fixed: text } });
    await page.setViewportSize({ width, height });
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe(`${text}px`);
    for (const frame of page.frames()) {
      expect.soft(await frame.evaluate(cutOff), `${state} ${what}: ${frame.url()}`).toEqual([]);
    }
  }
  await session.detach();
}

/** In the page: what scrolls sideways, lies outside the page, is larger than its box, or covers the rest. */
function cutOff(): string[] {
  const found: string[] = [];
  const root = document.documentElement;
  const name = (one: Element) => `${one.tagName.toLowerCase()}.${one.className} “${one.textContent?.trim().slice(0, 40)}”`;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`);
  const scrolls = (one: Element | null): boolean =>
    one !== null && one !== document.body && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  let covered = 0;
  const look = (all: Iterable<Element>) => {
    for (const one of all) {
      if (one.shadowRoot) look(one.shadowRoot.querySelectorAll('*'));
      const box = one.getBoundingClientRect();
      if (!one.checkVisibility() || box.width <= 1 || box.height <= 1 || one.closest('svg')) continue;
      const style = getComputedStyle(one);
      if (one.matches('input:is([type=range], [type=checkbox], [type=file])')) continue;
      const isOver = /sticky|fixed/.test(style.position) && box.width > 0.9 * root.clientWidth && !scrolls(one);
      if (isOver) covered += box.height;
      const isControl = one.matches('button, summary, .button, input');
      const isFramed = style.borderInlineEndWidth !== '0px' && style.overflowX === 'visible';
      const [hidesX, hidesY] = [style.overflowX, style.overflowY].map(overflow => /hidden|clip/.test(overflow));
      // A row's whole text is a press away.
      const shortens = style.textOverflow === 'ellipsis' && one.closest('tr') !== null;
      if (one instanceof HTMLElement && one.clientWidth > 0) {
        if ((hidesX || isControl || isFramed) && !shortens && one.scrollWidth > one.clientWidth + 1) {
          found.push(`${name(one)} has ${one.clientWidth} of ${one.scrollWidth} px in width`);
        }
        if ((hidesY || isControl) && one.scrollHeight > one.clientHeight + 1) {
          found.push(`${name(one)} has ${one.clientHeight} of ${one.scrollHeight} px in height`);
        }
      }
      const speaks = isControl || [...one.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== '');
      if (speaks && (box.left < -1 || box.right > root.clientWidth + 1) && !scrolls(one)) {
        found.push(`${name(one)} lies from ${Math.round(box.left)} to ${Math.round(box.right)} px`);
      }
    }
  };
  look(document.body.querySelectorAll('*'));
  if (covered > innerHeight / 3) found.push(`what stays in view takes ${Math.round(covered)} of ${innerHeight} px`);
  return found;
}

/** Unfolds whatever can be. */
async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelectorAll('details:not(.share)').forEach(one => one.setAttribute('open', '')));
}

test('the calculator', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByRole('table', { name: 'Cost by model' })).toBeVisible();
  await fits(page, 'the calculator');
  await page.goto('./#/?pins=gpt-4o,gpt-4o-mini&rpm=500&budget=0.1&deadline=0.5');
  await expect(page.getByRole('table', { name: 'Side by side' })).toBeVisible();
  await unfold(page);
  await fits(page, 'the calculator unfolded');
});

test('the run page with the sample', async ({ page }) => {
  await sampleRunner(page);
  await expect(page.getByRole('region', { name: 'Before you start' })).toContainText('up to $');
  await fits(page, 'the run page');
  await unfold(page);
  await fits(page, 'the run page unfolded');
});

test('on a phone, what has the focus is not below the bar that stays in view', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await sampleRunner(page);
  await unfold(page);
  const bar = page.locator('.start-bar');
  await expect(bar).toContainText('up to $');
  await page.getByLabel('Data file', { exact: true }).focus();
  let steps = 0;
  for (; !(await bar.evaluate(bar => bar.contains(document.activeElement))); steps += 1) {
    const { name, hidden } = await bar.evaluate(bar => {
      const focused = document.activeElement!;
      return { name: focused.outerHTML.slice(0, 120), hidden: focused.getBoundingClientRect().bottom > bar.getBoundingClientRect().top };
    });
    expect.soft(hidden, name).toBe(false);
    await page.keyboard.press('Tab');
  }
  expect(steps).toBeGreaterThan(30);
});

fastTest('a Demo run that has finished, the history and the settings', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.start();
  await runner.untilFinished();
  await fits(page, 'a finished run');
  await unfold(page);
  await fits(page, 'a finished run unfolded');
  await page.getByRole('button', { name: /^Open row / }).first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await fits(page, 'a row');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Runs' })).toContainText('sample.csv');
  await fits(page, 'the history');
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await fits(page, 'the settings');
});

fastTest('a run that is paused by its budget', async ({ page }) => {
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseSample();
  await runner.enter({ 'Budget': '0.001' });
  await runner.start();
  await expect(runner.button('Raise budget and continue')).toBeVisible();
  await unfold(page);
  await fits(page, 'paused by the budget');
});

test('the calculator in other pages', async ({ page }) => {
  await page.goto('./embed-demo.html');
  for (const frame of await page.locator('iframe').all()) await frame.scrollIntoViewIfNeeded();
  await expect.poll(() => page.frames().length).toBe(6);
  for (const frame of page.frames().slice(1)) {
    await expect(frame.getByRole('group', { name: 'Async' }).first()).toContainText('$');
  }
  await fits(page, 'the gallery');
});

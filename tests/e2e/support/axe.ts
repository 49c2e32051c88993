// What axe finds in a page, in light and in dark.

import axe from 'axe-core';
import { expect, type Page } from './test';

declare global {
  interface Window {
    axe: typeof axe;
  }
}

/** What axe finds in the page as it stands, in both themes. The second time it looks at colours: nothing else changes. */
export async function clean(page: Page, state: string): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const options: axe.RunOptions = { resultTypes: ['violations'] };
    if (colorScheme === 'dark') options.runOnly = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };
    const violations = await page.evaluate(async options => (await window.axe.run(options)).violations, options);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join(', ')}`);
    expect.soft(found, `${state}, in ${colorScheme}`).toEqual([]);
  }
}

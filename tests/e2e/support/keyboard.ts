// A person without a mouse.

import { expect, type Page } from './test';

const TABS_MAX = 120;

/** Presses Tab until the element with this role and name has the focus. */
export async function tabTo(page: Page, role: 'button' | 'link' | 'textbox' | 'switch', name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true }).first();
  await expect(wanted).toBeVisible();
  for (let pressed = 0; pressed < TABS_MAX; pressed++) {
    if (await wanted.evaluate(element => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${TABS_MAX} times Tab does not reach the ${role} ${name}`);
}

// A page that the browser sets aside (back-forward cache) lets go of its run at once.

import { sampleRunner } from './support/runner';
import { expect, test } from './support/test';

test('a run of a page that was set aside can be opened in another tab at once', async ({ page, context }) => {
  const runner = await sampleRunner(page);
  await runner.start();
  await runner.button('Pause').click();
  await expect(runner.status).toContainText('Paused');
  const other = await context.newPage();
  await other.goto('./#/runs');
  await expect(other.getByText('It is open in another tab.')).toHaveCount(1);
  await page.evaluate(() => { dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })); });
  await other.reload();
  await expect(other.getByRole('list', { name: 'Runs' }).getByRole('link', { name: /^(Open|Resume)/ })
    .or(other.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /^(Open|Resume)/ })).first()).toBeVisible();
  await expect(other.getByText('It is open in another tab.')).toHaveCount(0);
  // Back on it, the page begins anew.
  const loaded = page.waitForEvent('load');
  await page.evaluate(() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); });
  await loaded;
});

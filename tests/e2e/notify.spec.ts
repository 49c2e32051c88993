// The system tells when a run has ended, if the person wants that.

import { sampleRunner } from './support/runner';
import { expect, fastTest, test, type Page } from './support/test';

interface Scope {
  asked: number;
  shown: [string, string][];
}

/** A system that is asked for permission and answers so. */
async function systemThat(page: Page, answers: NotificationPermission): Promise<void> {
  await page.addInitScript(answers => {
    const scope = Object.assign(window as unknown as Scope, { asked: 0, shown: [] });
    class System {
      static permission: NotificationPermission = 'default';
      static requestPermission(): Promise<NotificationPermission> {
        scope.asked += 1;
        System.permission = answers;
        return Promise.resolve(answers);
      }
      constructor(title: string, { body }: { body: string }) {
        scope.shown.push([title, body]);
      }
    }
    Object.assign(window, { Notification: System });
  }, answers);
}

const scope = (page: Page) => page.evaluate(() => {
  const { asked, shown } = window as unknown as Scope;
  return { asked, shown };
});

fastTest('a notification says that the run has ended; permission is asked for only when it is wanted', async ({ page }) => {
  await systemThat(page, 'granted');
  const runner = await sampleRunner(page);
  await runner.start();
  expect(await scope(page)).toEqual({ asked: 0, shown: [] });
  await page.getByRole('switch', { name: "Tell me when it's finished" }).check();
  expect((await scope(page)).asked).toBe(1);
  await runner.untilFinished();
  await expect.poll(async () => (await scope(page)).shown).toEqual([['Pennybatch: sample.csv', expect.stringMatching(/^Finished: 500 answered/)]]);
});

fastTest('it comes whatever page is shown by then', async ({ page }) => {
  await systemThat(page, 'granted');
  const runner = await sampleRunner(page);
  await runner.start();
  const wanted = page.getByRole('switch', { name: "Tell me when it's finished" });
  await wanted.check();
  await page.getByRole('link', { name: 'Calculator', exact: true }).click();
  await expect(wanted).toHaveCount(0);
  await expect.poll(async () => (await scope(page)).shown).toEqual([['Pennybatch: sample.csv', expect.stringMatching(/^Finished: 500 answered/)]]);
});

test('a browser that blocks notifications is said to', async ({ page }) => {
  await systemThat(page, 'denied');
  const runner = await sampleRunner(page);
  await runner.start();
  const wanted = page.getByRole('switch', { name: "Tell me when it's finished" });
  await wanted.click();
  await expect(page.getByText('Your browser blocks notifications from this page.')).toBeVisible();
  await expect(wanted).not.toBeChecked();
  expect((await scope(page)).shown).toEqual([]);
});

// Playwright's `test` with what every spec here needs: a simulated provider, and a page that may not fail unseen.

import { test as base, type Page } from '@playwright/test';
import { Mock } from './mock';

export { expect } from '@playwright/test';
export type { Page } from '@playwright/test';

interface Fixtures {
  /** Starts a simulated provider; it ends with the test. */
  startMock: (...flags: string[]) => Promise<Mock>;
  /** Everything that the page and its worker wrote to the console. */
  consoleLines: string[];
}

export const test = base.extend<Fixtures>({
  startMock: async ({}, use) => {
    const started: Mock[] = [];
    await use(async (...flags) => {
      const mock = await Mock.start(...flags);
      started.push(mock);
      return mock;
    });
    await Promise.all(started.map(mock => mock.stop()));
  },
  consoleLines: [async ({ page }, use) => {
    const lines: string[] = [];
    const faults: string[] = [];
    watch(page, lines, faults);
    await use(lines);
    base.expect(faults, 'panics, uncaught errors and breaches of the content security policy').toEqual([]);
  }, { auto: true }],
});

function watch(page: Page, lines: string[], faults: string[]): void {
  page.on('console', message => {
    lines.push(message.text());
    if (/panicked|Content Security Policy|Uncaught/i.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', error => {
    lines.push(String(error));
    faults.push(String(error));
  });
}

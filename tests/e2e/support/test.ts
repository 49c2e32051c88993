// Playwright's `test` with what every spec here needs: a simulated provider, a clock, and a page that may not fail unseen.

import { test as base, type Page } from '@playwright/test';
import { clockLines, FAST, SINCE_MS } from './clock';
import { Mock } from './mock';
import { serve, type Served } from './served';

export { expect } from '@playwright/test';
export type { Page } from '@playwright/test';

interface Options {
  /** How many times as fast as real time the page's worker and the simulated provider run; 0 leaves the clock alone. */
  speed: number;
}

interface Hosts {
  /** Starts a simulated provider; it ends with the test. */
  startMock: (...flags: string[]) => Promise<Mock>;
  /** Serves the page with lines before the worker's script, at an address of its own, until the test ends. */
  serveWith: (lines: string) => Promise<Served>;
}

interface Fixtures {
  /** Everything that the page and its worker wrote to the console. */
  consoleLines: string[];
}

/** What a test needs beside a browser. */
export const hostTest = base.extend<Hosts & Options>({
  speed: [0, { option: true }],
  serveWith: async ({}, use) => {
    const started: Served[] = [];
    await use(async lines => {
      const served = await serve(process.env.PENNYBATCH_PAGE!, lines);
      started.push(served);
      return served;
    });
    await Promise.all(started.map(served => served.close()));
  },
  baseURL: async ({ baseURL, serveWith, speed }, use) => {
    await use(speed === 0 ? baseURL : (await serveWith(clockLines(speed))).address);
  },
  startMock: async ({ speed }, use) => {
    const started: Mock[] = [];
    await use(async (...flags) => {
      const mock = await Mock.start('--speed', `${speed || 1}`, '--speed-since-ms', `${SINCE_MS}`, ...flags);
      started.push(mock);
      return mock;
    });
    await Promise.all(started.map(mock => mock.stop()));
  },
});

export const test = hostTest.extend<Fixtures>({
  context: async ({ context }, use) => {
    context.on('page', waitUntilAlive);
    await use(context);
  },
  consoleLines: [async ({ page }, use) => {
    const lines: string[] = [];
    const faults: string[] = [];
    watch(page, lines, faults);
    await use(lines);
    base.expect(faults, NO_FAULTS).toEqual([]);
  }, { auto: true }],
});

/** For a test that waits for a minute's window, a rest or the Demo, and races no real work against it. */
export const fastTest = test.extend({ speed: [FAST, { option: true }] });

/** For a test that takes real time and puts the worker's clock forward. */
export const leapTest = test.extend({ speed: [1, { option: true }] });

/** Files of this address do not come before the returned function is called. */
export async function held(page: Page, address: string): Promise<() => void> {
  let come = (): void => undefined;
  const coming = new Promise<void>(done => { come = done; });
  await page.route(address, async route => {
    await coming;
    await route.continue();
  });
  return come;
}

/** What is typed into the opening page before the program has taken it over would be lost: whoever opens the page waits. */
export function waitUntilAlive(page: Page): void {
  const alive = () => page.waitForFunction(() => !document.documentElement.inert && !document.querySelector('.opening'));
  const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
  page.goto = async (...args) => {
    const answer = await goto(...args);
    await alive();
    return answer;
  };
  page.reload = async (...args) => {
    const answer = await reload(...args);
    await alive();
    return answer;
  };
}

export const NO_FAULTS = 'panics, uncaught errors and breaches of the content security policy';

export function isFault(line: string): boolean {
  return /panicked|Content Security Policy|Uncaught/i.test(line);
}

export function watch(page: Page, lines: string[], faults: string[]): void {
  page.on('console', message => {
    lines.push(message.text());
    if (isFault(message.text())) faults.push(message.text());
  });
  page.on('pageerror', error => {
    lines.push(String(error));
    faults.push(String(error));
  });
}

// Rust's own tests of what needs a browser (tests/browser): storage, journal, fetch, messages. They share one page; each
// runs in a worker of its own.

import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { Mock, REPO } from './support/mock';
import { watch } from './support/test';

interface Scope {
  runTest: (name: string) => Promise<string | null>;
  testNames: () => Promise<string[]>;
}

/** The tests as `tests/browser/main.rs` lists them: Playwright has to know them before any page is open. */
function listed(): string[] {
  const source = readFileSync(`${REPO}/tests/browser/main.rs`, 'utf8');
  const [, list] = /^browser_tests! \{\n(.*?)^\}/ms.exec(source) ?? [];
  if (list === undefined) throw new Error('tests/browser/main.rs has no list of tests');
  return [...list.matchAll(/(\w+): \[([^\]]*)\]/g)].flatMap(([, module, names]) =>
    [...names.matchAll(/\w+/g)].map(([name]) => `${module}::${name}`));
}

// In one process, one after the other: a page costs more than a test.
test.describe.configure({ mode: 'default' });

let mock: Mock;
let page: Page;
const faults: string[] = [];

test.beforeAll(async ({ browser }) => {
  mock = await Mock.start();
  page = await browser.newPage();
  watch(page, [], faults);
  await page.goto(`./browser-tests/page.html?http=${mock.http}&https=${mock.https}`);
  await page.waitForFunction(() => 'runTest' in globalThis);
});

test.afterAll(async () => {
  await page.close();
  await mock.stop();
});

test('every test of the program is listed', async () => {
  const names = await page.evaluate(() => (globalThis as unknown as Scope).testNames());
  expect(names).toEqual(listed());
  expect(names.length).toBeGreaterThan(30);
});

for (const name of listed()) {
  test(name, async () => {
    expect(await page.evaluate(name => (globalThis as unknown as Scope).runTest(name), name)).toBeNull();
    expect(faults, 'panics, uncaught errors and breaches of the content security policy').toEqual([]);
  });
}

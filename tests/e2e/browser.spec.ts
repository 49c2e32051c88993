// Rust's own tests of what needs a browser (tests/browser): storage, journal, fetch, messages. They share one page; each
// runs in a worker of its own.

import { readFileSync } from 'node:fs';
import { expect, test } from './support/engines/test';
import type { Tab } from './support/engines/tab';
import { Mock, REPO } from './support/mock';
import { NO_FAULTS } from './support/test';

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
let tab: Tab;

test.beforeAll(async ({ shared }) => {
  mock = await Mock.start();
  tab = await shared.newTab();
  await tab.goto(`${process.env.PENNYBATCH_PAGE}browser-tests/page.html?http=${mock.http}&https=${mock.https}`);
  await expect.poll(() => tab.evaluate(() => 'runTest' in globalThis)).toBe(true);
});

test.afterAll(async () => {
  await tab.close();
  await mock.stop();
});

test('every test of the program is listed', async () => {
  const names = await tab.evaluate(() => (globalThis as unknown as Scope).testNames());
  expect(names).toEqual(listed());
  expect(names.length).toBeGreaterThan(30);
});

for (const name of listed()) {
  test(name, async () => {
    expect(await tab.evaluate((name: string) => (globalThis as unknown as Scope).runTest(name), name)).toBeNull();
    expect(tab.faults, NO_FAULTS).toEqual([]);
  });
}

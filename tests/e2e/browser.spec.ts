// Rust's own tests of what needs a browser (tests/browser): storage, journal, fetch, messages. One page for each.

import { readFileSync } from 'node:fs';
import { expect, test, type Page } from './support/test';
import { REPO } from './support/mock';

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

async function open(page: Page, query = ''): Promise<void> {
  await page.goto(`./browser-tests/page.html${query}`);
  await page.waitForFunction(() => 'runTest' in globalThis);
}

test('every test of the program is listed', async ({ page }) => {
  await open(page);
  const names = await page.evaluate(() => (globalThis as unknown as Scope).testNames());
  expect(names).toEqual(listed());
  expect(names.length).toBeGreaterThan(30);
});

for (const name of listed()) {
  test(name, async ({ page, startMock }) => {
    const mock = await startMock();
    await open(page, `?http=${mock.http}&https=${mock.https}`);
    expect(await page.evaluate(name => (globalThis as unknown as Scope).runTest(name), name)).toBeNull();
  });
}

// Playwright's `test` for what has to hold in every engine. The project's name is the engine's.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { hostTest, NO_FAULTS } from '../test';
import { startPuppeteer } from './puppeteer';
import { Screen } from './screen';
import { ENGINES, type Engine, type EngineBrowser } from './tab';
import { startWebKit } from './webkit';

export { expect };
export type { Screen } from './screen';

interface Fixtures {
  /** A tab in the browser that the tests of a worker share. */
  screen: Screen;
  /** Another one. */
  openTab: () => Promise<Screen>;
  /** A directory for a browser of the test's own. */
  profile: string;
}

interface PerWorker {
  engine: Engine;
  shared: EngineBrowser;
}

export function startEngine(engine: Engine, profile: string): Promise<EngineBrowser> {
  return engine === 'webkit' ? startWebKit(profile) : startPuppeteer(engine, profile);
}

const newProfile = () => mkdtempSync(join(tmpdir(), 'pennybatch-engine-'));
const discard = (profile: string) => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });

export const test = hostTest.extend<Fixtures, PerWorker>({
  engine: [async ({}, use, { project }) => {
    const engine = ENGINES.find(engine => engine === project.name);
    if (!engine) throw new Error(`${project.name} is no engine`);
    await use(engine);
  }, { scope: 'worker' }],
  shared: [async ({ engine }, use) => {
    const profile = newProfile();
    const browser = await startEngine(engine, profile);
    await use(browser);
    await browser.close();
    discard(profile);
  }, { scope: 'worker' }],
  openTab: async ({ shared }, use) => {
    const opened: Screen[] = [];
    await use(async () => {
      const screen = new Screen(await shared.newTab());
      opened.push(screen);
      return screen;
    });
    for (const { tab } of opened) {
      expect(tab.faults, NO_FAULTS).toEqual([]);
      await tab.close();
    }
  },
  screen: async ({ openTab }, use) => use(await openTab()),
  profile: async ({}, use) => {
    const profile = newProfile();
    await use(profile);
    discard(profile);
  },
});

// The end-to-end tests: one page, no retries. All of them run in Chromium, those that have to hold in any engine in Firefox
// and WebKit too. `cargo dev test` starts what they need and names it here.
//
// PENNYBATCH_SPEED: how fast the clock of waiting tests runs (default 10; 1 is real time). PENNYBATCH_WORKERS: how many
// tests run at once (default 4). PENNYBATCH_FULL: the sizes that take long.

import { defineConfig } from '@playwright/test';

function named(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: start these tests with \`cargo dev test --only e2e\`.`);
  return value;
}

/** What has to hold in any engine. */
const JOURNEYS = ['engine_kills.spec.ts', 'engines.spec.ts', 'offline.spec.ts'];
/** Rust's tests of storage need a private file system, which WebKitGTK has not. */
const ELSEWHERE: Record<string, string[]> = { firefox: ['browser.spec.ts', ...JOURNEYS], webkit: JOURNEYS };
const engines = named('PENNYBATCH_ENGINES').split(',');

export default defineConfig({
  testDir: 'tests/e2e',
  projects: engines.map(name => ({ name, testMatch: ELSEWHERE[name] })),
  // No tests unless they are asked for: one needs a server that `PENNYBATCH_REAL_MODEL` names, one makes the pictures, one
  // kills browsers for minutes.
  testIgnore: [
    ...(process.env.PENNYBATCH_KILLS ? [] : ['engine_kills.spec.ts']),
    ...(process.env.PENNYBATCH_REAL_MODEL ? [] : ['real_model.spec.ts']),
    ...(process.env.PENNYBATCH_PICTURES ? [] : ['pictures.spec.ts']),
  ],
  forbidOnly: true,
  reporter: 'list',
  // Generous: what is slow on a busy machine isn't wrong.
  timeout: 240_000,
  expect: { timeout: 60_000 },
  fullyParallel: true,
  // Most tests wait for a limit, not for the processor.
  workers: Number(process.env.PENNYBATCH_WORKERS ?? 4),
  use: {
    baseURL: named('PENNYBATCH_PAGE'),
    ignoreHTTPSErrors: true,
    // Each test would fetch and keep the whole page first; offline.spec.ts has browsers of its own.
    serviceWorkers: 'block',
    screenshot: 'only-on-failure',
    // Steps, network and console. The last picture and the last state are kept anyway; those of every step cost half of
    // a test's time.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: false },
    launchOptions: {
      executablePath: named('CHROMIUM'),
      args: named('PENNYBATCH_CHROMIUM_FLAGS').split(' '),
    },
  },
});

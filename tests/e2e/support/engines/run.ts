// The run page in any engine.

import { expect } from '@playwright/test';
import type { DataFile } from '../data';
import { Screen } from './screen';
import type { Engine, EngineBrowser } from './tab';
import { startEngine } from './test';

/** What a person types into steps 2 to 4, in this order. */
export type Typed = Partial<Record<
  'System prompt' | 'User prompt' | 'Base URL' | 'API key' | 'Model' | 'Max output tokens' | 'Budget' | 'Concurrency' | 'Max retries', string>>;

const ENDPOINT = 'Other OpenAI-compatible endpoint';

/** Opens the run page with a file and everything entered for an endpoint of ours. */
export async function prepareRun(screen: Screen, address: string, file: DataFile, typed: Typed): Promise<void> {
  await screen.open(`${address}#/run`);
  await screen.give('Data file', file);
  await screen.untilSays('region', 'Before you start', /./);
  await screen.choose('Provider', ENDPOINT);
  await openMore(screen);
  for (const [label, text] of Object.entries(typed)) await screen.fill(label, text);
}

/** Opens what the steps keep under `More`. */
async function openMore(screen: Screen): Promise<void> {
  await screen.evaluate(() => {
    for (const summary of document.querySelectorAll('summary')) {
      if (summary.textContent!.startsWith('More')) summary.parentElement!.setAttribute('open', '');
    }
  });
}

/** Presses Start; where no run begins, says what the page says. */
export async function startRun(screen: Screen): Promise<void> {
  await screen.click('button', 'Start run');
  try {
    await screen.untilSays('status', 'Run status', /./);
  } catch {
    throw new Error(`No run began: ${await screen.text('region', 'Before you start')} | ${await screen.text('alert')}`);
  }
}

/** A browser anew on the profile of one that died, and its run: open, and sending nothing yet. */
export async function reopenRun(engine: Engine, profile: string, address: string): Promise<{ browser: EngineBrowser; screen: Screen }> {
  const browser = await startEngine(engine, profile);
  const screen = new Screen(await browser.newTab());
  await screen.open(`${address}#/run`);
  await screen.click('button', 'Resume run');
  await screen.untilSays('status', 'Run status', /Paused/);
  return { browser, screen };
}

/** How many rows the status says are done. */
export async function doneRows(screen: Screen): Promise<number> {
  return Number(/^\[(\d+)\//.exec(await screen.text('status', 'Run status'))?.[1] ?? 0);
}

export async function untilDone(screen: Screen, rows: number): Promise<void> {
  await expect.poll(() => doneRows(screen), { message: 'rows done', intervals: [50] }).toBeGreaterThanOrEqual(rows);
}

export async function untilFinished(screen: Screen): Promise<void> {
  await expect.poll(() => screen.text('status', 'Run status'), { timeout: 120_000 }).toContain('Finished');
}

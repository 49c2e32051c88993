// The worker's clock: it can run several times as fast as real time, can be stopped, and can be put forward. The production code knows
// nothing of it: the page is served with a few lines before the worker's own script.

import { expect, type Page } from '@playwright/test';

/** How fast the waiting tests run; `PENNYBATCH_SPEED=1` runs everything in real time. */
export const FAST = Number(process.env.PENNYBATCH_SPEED ?? 10);

/** When fast time began: the worker's clock and the simulated provider's have it in common, so their dates agree. */
export const SINCE_MS = Date.now();

interface Scope {
  stopClock: () => void;
  leap: (ms: number) => void;
}

/** The clock of one worker. */
export interface Clock {
  /** Lets no time pass until the next leap, however long a test takes for what it does. */
  stop: () => Promise<void>;
  /** Puts the clock forward. It runs on from there. */
  leap: (ms: number) => Promise<void>;
}

/** The lines before the worker's script. */
export function clockLines(speed: number): string {
  return `(${runClock})(${speed}, ${SINCE_MS});\n`;
}

/** In the worker. Its one argument beside the speed is when the clock showed real time. */
function runClock(speed: number, sinceMs: number): void {
  const [now, set, clear] = [Date.now.bind(Date), setTimeout.bind(self), clearTimeout.bind(self)];
  const timers = new Map<number, { due: number; run: () => void; armed?: ReturnType<typeof set> }>();
  let ahead = 0;
  let next = 0;
  let stoppedAt: number | undefined;
  const running = () => sinceMs + (now() - sinceMs) * speed + ahead;
  const exact = () => stoppedAt ?? running();
  Date.now = () => Math.floor(exact());
  performance.now = () => exact() - performance.timeOrigin;
  const arm = (id: number): void => {
    const timer = timers.get(id)!;
    clear(timer.armed);
    timer.armed = set(() => { timers.delete(id); timer.run(); }, Math.max(0, timer.due - exact()) / speed);
  };
  Object.assign(self, {
    setTimeout: (run: (...rest: unknown[]) => void, ms = 0, ...rest: unknown[]) => {
      next += 1;
      timers.set(next, { due: exact() + ms, run: () => run(...rest) });
      arm(next);
      return next;
    },
    clearTimeout: (id: number) => {
      clear(timers.get(id)?.armed);
      timers.delete(id);
    },
    stopClock: () => { stoppedAt = exact(); },
    leap: (ms: number) => {
      ahead += exact() - running() + ms;
      stoppedAt = undefined;
      [...timers.keys()].forEach(arm);
    },
  });
}

/** The clock of the opened page's worker; the spec sets `speed`, if only to 1. */
export async function clockOf(page: Page): Promise<Clock> {
  const running = () => page.workers().find(worker => /\/worker-[^/]*\.js$/.test(worker.url()));
  await expect.poll(() => running() !== undefined).toBe(true);
  const worker = running()!;
  return {
    stop: () => worker.evaluate(() => (self as unknown as Scope).stopClock()),
    leap: ms => worker.evaluate(ms => (self as unknown as Scope).leap(ms), ms),
  };
}

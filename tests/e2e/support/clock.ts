// A clock that leaps: the worker's, whose waits would take minutes.

import { expect, type Page } from '@playwright/test';

interface Scope {
  leap?: (ms: number) => void;
}

/** From here on the worker of the opened page keeps its time by a clock that can be put forward. */
export async function clockOf(page: Page): Promise<(ms: number) => Promise<void>> {
  await expect.poll(() => page.workers().length).toBeGreaterThan(0);
  const [worker] = page.workers();
  await worker.evaluate(() => {
    const [now, set, clear] = [Date.now.bind(Date), setTimeout.bind(self), clearTimeout.bind(self)];
    const timers = new Map<number, { due: number; run: () => void; armed?: ReturnType<typeof set> }>();
    let ahead = 0;
    // Timers that are older have lower numbers.
    let next = 1_000_000;
    Date.now = () => now() + ahead;
    const arm = (id: number): void => {
      const timer = timers.get(id)!;
      clear(timer.armed);
      timer.armed = set(() => { timers.delete(id); timer.run(); }, timer.due - Date.now());
    };
    Object.assign(self, {
      setTimeout: (run: (...rest: unknown[]) => void, ms = 0, ...rest: unknown[]) => {
        next += 1;
        timers.set(next, { due: Date.now() + ms, run: () => run(...rest) });
        arm(next);
        return next;
      },
      clearTimeout: (id: number) => {
        clear(timers.get(id)?.armed ?? id);
        timers.delete(id);
      },
      leap: (ms: number) => {
        ahead += ms;
        [...timers.keys()].forEach(arm);
      },
    });
  });
  return async ms => {
    await worker.evaluate(ms => (self as Scope).leap!(ms), ms);
  };
}

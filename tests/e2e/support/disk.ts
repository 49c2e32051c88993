// A disk that takes nothing, as the page's worker sees it.

import { expect, type Page } from '@playwright/test';

interface Files {
  FileSystemSyncAccessHandle: { prototype: { write: unknown } };
  write?: unknown;
}

/** From here on, or no longer. */
export async function fillDisk(page: Page, full: boolean): Promise<void> {
  const running = () => page.workers().find(worker => /\/worker-[^/]*\.js$/.test(worker.url()));
  await expect.poll(() => running() !== undefined).toBe(true);
  await running()!.evaluate(full => {
    const scope = self as unknown as Files;
    const { prototype } = scope.FileSystemSyncAccessHandle;
    scope.write ??= prototype.write;
    prototype.write = full
      ? () => { throw new DOMException('There is no room.', 'QuotaExceededError'); }
      : scope.write;
  }, full);
}

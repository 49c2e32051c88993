// A browser of our own that can be killed as a crash or a power cut kills it, and started again on the same profile.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, type Browser, type LaunchOptions, type Page } from '@playwright/test';
import { waitUntilAlive } from './test';

const STARTS_WITHIN_MS = 30_000;
const FLAGS = [
  '--headless=new', '--remote-debugging-port=0', '--no-first-run', '--disable-gpu',
  '--ignore-certificate-errors', '--disable-background-networking', '--disable-component-update',
  '--window-size=1280,900',
];

export class Profile {
  readonly directory = mkdtempSync(join(tmpdir(), 'pennybatch-profile-'));

  /** Starts the browser that Playwright's configuration names. */
  async open({ executablePath = 'chromium', args = [] }: LaunchOptions): Promise<KillableBrowser> {
    return KillableBrowser.start(executablePath, [...args, ...FLAGS, `--user-data-dir=${this.directory}`], this.directory);
  }

  delete(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

export class KillableBrowser {
  private constructor(
    private readonly process: ChildProcess,
    private readonly port: string,
    private browser: Browser,
    public page: Page,
  ) {}

  static async start(executable: string, flags: string[], profile: string): Promise<KillableBrowser> {
    const portFile = join(profile, 'DevToolsActivePort');
    rmSync(portFile, { force: true });
    // A process group of its own, so that one signal reaches the renderers and the storage service too.
    const started = spawn(executable, [...flags, 'about:blank'], { detached: true, stdio: 'ignore' });
    const port = await portIn(portFile, started);
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
    const context = browser.contexts()[0];
    const page = context.pages()[0] ?? (await context.newPage());
    waitUntilAlive(page);
    return new KillableBrowser(started, port, browser, page);
  }

  /** Lets the page run at its full speed: an attached debugger makes every fetch two to three times as dear. */
  async detach(): Promise<void> {
    await this.browser.close();
  }

  /** After `detach`: finds the page again as it is. */
  async attach(): Promise<void> {
    this.browser = await chromium.connectOverCDP(`http://127.0.0.1:${this.port}`);
    this.page = this.browser.contexts()[0].pages()[0];
  }

  /** The tab's title, which the browser tells without a debugger. */
  async title(): Promise<string> {
    const targets = await (await fetch(`http://127.0.0.1:${this.port}/json/list`)).json() as { type: string; title: string }[];
    return targets.find(target => target.type === 'page')?.title ?? '';
  }

  /** Bytes of memory that the page and its workers have for themselves: the renderer's anonymous resident pages. */
  ownBytes(): number {
    const renderers = readdirSync('/proc').filter(entry => /^\d+$/.test(entry)).map(pid => {
      try {
        const group = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[2];
        if (Number(group) !== this.process.pid) return 0;
        if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) return 0;
        return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
      } catch {
        return 0; // It ended meanwhile.
      }
    });
    return Math.max(0, ...renderers);
  }

  /** Waits until the page holds about as much as a moment ago; says how much that is. */
  async untilSteady(): Promise<number> {
    let last = 0;
    await expect.poll(() => {
      const before = last;
      last = this.ownBytes();
      return Math.abs(last - before) < last / 50;
    }, { intervals: [500], timeout: 60_000 }).toBe(true);
    return last;
  }

  /** SIGKILL to the whole tree, at once. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = new Promise(done => this.process.once('exit', done));
    process.kill(-pid, 'SIGKILL');
    await ended;
    await this.browser.close().catch(() => undefined);
  }
}

async function portIn(file: string, started: ChildProcess): Promise<string> {
  let port = '';
  await expect.poll(() => {
    expect(started.exitCode, 'the browser ended').toBeNull();
    const [first, path] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    if (first && path) port = first;
    return port;
  }, { message: 'the browser did not start', intervals: [50], timeout: STARTS_WITHIN_MS }).not.toBe('');
  return port;
}

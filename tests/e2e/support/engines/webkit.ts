// WebKit by the W3C's WebDriver: WebKitWebDriver and a window of ours, on a display that is nowhere to be seen.

import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EngineBrowser, InPage, Tab } from './tab';
import { REPO } from '../mock';

const WINDOW = join(REPO, 'tests/e2e/support/engines/webkit_window.py');
/** How WebDriver names an element in JSON. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const KEYS: Record<string, string> = { Tab: '\uE004', Enter: '\uE007', Space: ' ', Escape: '\uE00C' };
const SCRIPT_MS_MAX = 240_000;
/**
 * WebKitGTK 2.50.6 at times stops or crashes correct programs while it compiles them beside their run (README, "Browsers"). The
 * tests are of ours, so it compiles first and runs then, but where the variable is set already.
 */
const COMPILES_BEFORE_IT_RUNS = { JSC_useConcurrentJIT: '0' };

interface Found {
  [ELEMENT]: string;
}

export async function startWebKit(profile: string): Promise<EngineBrowser> {
  const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const display = await new Promise<string>((found, failed) => {
    screen.stdio[3]!.once('data', line => found(String(line).trim()));
    screen.once('error', failed);
    screen.once('exit', code => failed(new Error(`Xvfb ended with ${code}`)));
  });
  const port = await freePort();
  // A process group of its own, so that one signal reaches the window and its processes too.
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], {
    detached: true,
    stdio: 'ignore',
    env: {
      ...COMPILES_BEFORE_IT_RUNS, ...process.env, DISPLAY: `:${display}`, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      NO_AT_BRIDGE: '1',
    },
  });
  const browser = new WebKitBrowser(screen, driver, `http://127.0.0.1:${port}`);
  try {
    await browser.begin([profile]);
  } catch (error) {
    await browser.kill();
    throw error;
  }
  return browser;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise(closed => server.close(closed));
  return port;
}

class WebKitBrowser implements EngineBrowser {
  version = '';
  private session = '';
  /** The first window, which stays open: with its last window the session would end. */
  private home = '';
  /** The window that commands go to. */
  private current = '';
  /** WebDriver has one current window: commands of several tabs go one after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly screen: ChildProcess,
    private readonly driver: ChildProcess,
    private readonly address: string,
  ) {}

  async begin(args: string[]): Promise<void> {
    const capabilities = {
      alwaysMatch: {
        'acceptInsecureCerts': true,
        'timeouts': { script: SCRIPT_MS_MAX },
        'unhandledPromptBehavior': 'accept',
        'webkitgtk:browserOptions': { binary: WINDOW, args },
      },
    };
    await this.untilListening();
    const { sessionId, capabilities: got } = await this.ask<{ sessionId: string; capabilities: { browserVersion: string } }>(
      'POST', '/session', { capabilities });
    this.session = `/session/${sessionId}`;
    this.version = got.browserVersion;
    this.home = this.current = await this.ask<string>('GET', `${this.session}/window`);
  }

  private async untilListening(): Promise<void> {
    for (;;) {
      if (this.driver.exitCode !== null) throw new Error(`WebKitWebDriver ended with ${this.driver.exitCode}`);
      try {
        await this.ask('GET', '/status');
        return;
      } catch {
        await new Promise(later => setTimeout(later, 50));
      }
    }
  }

  async newTab(): Promise<Tab> {
    const { handle } = await this.inWindow<{ handle: string }>(this.home, 'POST', '/window/new', { type: 'tab' });
    return new WebKitTab(this, handle);
  }

  /** A command to one window. */
  inWindow<T>(window: string, method: string, path: string, body?: unknown): Promise<T> {
    const command = this.last.then(async () => {
      if (this.current !== window) await this.ask('POST', `${this.session}/window`, { handle: window });
      this.current = window;
      return this.ask<T>(method, `${this.session}${path}`, body);
    });
    this.last = command.catch(() => undefined);
    return command;
  }

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.address}${path}`, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    const { value } = await answer.json() as { value: T & { error?: string; message?: string } };
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  async kill(): Promise<void> {
    await Promise.all([[this.driver, -this.driver.pid!] as const, [this.screen, this.screen.pid!] as const].map(([running, pid]) => {
      if (running.exitCode !== null || running.signalCode !== null) return undefined;
      const ended = new Promise(done => running.once('exit', done));
      process.kill(pid, 'SIGKILL');
      return ended;
    }));
  }

  async close(): Promise<void> {
    await this.ask('DELETE', this.session);
    await this.kill();
  }
}

class WebKitTab implements Tab {
  readonly faults = [];

  constructor(private readonly browser: WebKitBrowser, private readonly window: string) {}

  private ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.browser.inWindow(this.window, method, path, body);
  }

  async goto(address: string): Promise<void> {
    await this.ask('POST', '/url', { url: address });
  }

  async evaluate<Args extends unknown[], T>(work: InPage<Args, T>, ...args: Args): Promise<T> {
    const script = `
      const [args, done] = [[...arguments].slice(0, -1), arguments[arguments.length - 1]];
      (async () => (${work})(...args))().then(value => done({ value }), error => done({ error: String(error) }));`;
    const { value, error } = await this.ask<{ value: T; error?: string }>('POST', '/execute/async', { script, args });
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async load(script: string): Promise<void> {
    await this.ask('POST', '/execute/sync', { script, args: [] });
  }

  async click<Args extends unknown[]>(find: InPage<Args, Element | null>, ...args: Args): Promise<boolean> {
    // The driver presses where the element was: on a busy machine the page may have moved by then.
    const script = `
      const found = (${find})(...arguments);
      globalThis.pressed = false;
      found?.addEventListener('click', () => globalThis.pressed = true, { once: true, capture: true });
      return found;`;
    const found = await this.ask<Found | null>('POST', '/execute/sync', { script, args });
    if (!found) return false;
    await this.ask('POST', `/element/${found[ELEMENT]}/click`, {});
    // A page that the press has left knows nothing of it.
    return this.ask<boolean>('POST', '/execute/sync', { script: 'return globalThis.pressed !== false', args: [] });
  }

  async press(key: string): Promise<void> {
    const value = KEYS[key] ?? key;
    const actions = [{ type: 'key', id: 'keyboard', actions: [{ type: 'keyDown', value }, { type: 'keyUp', value }] }];
    await this.ask('POST', '/actions', { actions });
  }

  async close(): Promise<void> {
    await this.ask('DELETE', '/window');
  }
}

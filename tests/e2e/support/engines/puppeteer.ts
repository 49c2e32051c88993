// Chromium by its DevTools protocol and Firefox by WebDriver BiDi, both through Puppeteer.

import puppeteer, { type Browser, type ElementHandle, type KeyInput, type Page } from 'puppeteer-core';
import { isFault } from '../test';
import type { EngineBrowser, InPage, Tab } from './tab';

const SIZE = { width: 1280, height: 900 };
/** Firefox asks its makers for nothing while it is tested. */
const QUIET_FIREFOX = {
  'app.normandy.enabled': false,
  'browser.safebrowsing.downloads.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

export async function startPuppeteer(engine: 'chromium' | 'firefox', profile: string): Promise<EngineBrowser> {
  const browser = await puppeteer.launch({
    userDataDir: profile,
    acceptInsecureCerts: true,
    defaultViewport: SIZE,
    protocolTimeout: 240_000,
    ...(engine === 'chromium'
      ? { executablePath: process.env.CHROMIUM!, args: process.env.PENNYBATCH_CHROMIUM_FLAGS!.split(' ') }
      : { browser: 'firefox', executablePath: process.env.FIREFOX!, extraPrefsFirefox: QUIET_FIREFOX }),
  });
  return new PuppeteerBrowser(browser, await browser.version());
}

class PuppeteerBrowser implements EngineBrowser {
  constructor(private readonly browser: Browser, readonly version: string) {}

  async newTab(): Promise<Tab> {
    return new PuppeteerTab(await this.browser.newPage());
  }

  async kill(): Promise<void> {
    const running = this.browser.process()!;
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise(done => running.once('exit', done));
    // It leads a process group.
    process.kill(-running.pid!, 'SIGKILL');
    await ended;
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}

class PuppeteerTab implements Tab {
  readonly faults: string[] = [];

  constructor(private readonly page: Page) {
    page.on('console', message => {
      if (isFault(message.text())) this.faults.push(message.text());
    });
    page.on('pageerror', error => {
      // The browser's own wish for an icon is none of the page's.
      if (!String(error).includes('favicon.ico')) this.faults.push(String(error));
    });
  }

  async goto(address: string): Promise<void> {
    await this.page.goto(address, { waitUntil: 'domcontentloaded' });
  }

  evaluate<Args extends unknown[], T>(work: InPage<Args, T>, ...args: Args): Promise<T> {
    return this.page.evaluate(work as never, ...args) as Promise<T>;
  }

  async load(script: string): Promise<void> {
    await this.page.evaluate(script);
  }

  async click<Args extends unknown[]>(find: InPage<Args, Element | null>, ...args: Args): Promise<boolean> {
    const found = await this.page.evaluateHandle(find as never, ...args);
    const element = found.asElement() as ElementHandle<Element> | null;
    if (!element) return false;
    // The driver presses where the element was: on a busy machine the page may have moved by then.
    const pressed = await element.evaluateHandle(element => {
      const pressed = { yet: false };
      element.addEventListener('click', () => (pressed.yet = true), { once: true, capture: true });
      return pressed;
    });
    await element.click();
    // A page that the press has left knows nothing of it.
    return pressed.evaluate(pressed => pressed.yet).catch(() => true);
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key as KeyInput);
  }

  close(): Promise<void> {
    return this.page.close();
  }
}

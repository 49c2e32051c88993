// The calculator in other people's pages: the gallery's hosts, served from another origin than ours.

import axe from 'axe-core';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test, type Page } from './support/test';
import { REPO } from './support/mock';

declare global {
  interface Window {
    axe: typeof axe;
    heard: { detail: Record<string, unknown>; from: string }[];
    shifts: number;
  }
}

const TAG = 'llm-batch-calculator';
const HOSTS = ['plain', 'dark', 'narrow', 'strict'];
const TYPES: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' };

/** The lines that docs/embed.md names, and what the host needs for itself. */
const strictPolicy = (page: string) =>
  `default-src 'none'; script-src 'self' ${page} 'wasm-unsafe-eval'; connect-src ${page}; style-src 'self'`;

/** A host of its own: the gallery's pages, whose script comes from our origin. */
class Host {
  private constructor(private readonly server: Server, readonly origin: string) {}

  static async open(extra: Record<string, string> = {}): Promise<Host> {
    const ours = new URL(process.env.PENNYBATCH_PAGE!).origin;
    const server = createServer((request, response) => {
      const name = request.url!.slice(1).split('?')[0];
      if (name === 'favicon.ico') return void response.writeHead(204).end();
      const file = () => readFileSync(join(REPO, 'www/gallery', name), 'utf8');
      const text = (extra[name] ?? file()).replaceAll('../embed.js', `${ours}/embed.js`).replace(/\n *<meta http-equiv.*/, '');
      const headers: Record<string, string> = { 'content-type': TYPES[name.split('.').pop()!] };
      if (name === 'strict.html') headers['content-security-policy'] = strictPolicy(ours);
      response.writeHead(200, headers).end(text);
    });
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return new Host(server, `http://localhost:${(server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }
}

let host: Host;
test.beforeAll(async () => {
  host = await Host.open({
    'frame.html': `<!doctype html><title>f</title><iframe id="f" src="${process.env.PENNYBATCH_PAGE}embed.html?calls=800&input=500&model=gpt-4o"></iframe><script src="frame.js"></script>`,
    'frame.js': `addEventListener('message', e => { if (e.origin === new URL(f.src).origin && e.data.type === 'pennybatch:height') { f.height = e.data.height; } });`,
    'bare.html': `<!doctype html><html lang="en"><title>b</title><body><script type="module" src="../embed.js"></script></body></html>`,
  });
});
test.afterAll(() => host.close());

/** The group of one way in the calculator with this place on the page. */
const way = (page: Page, name: string, at = 0) => page.locator(TAG).nth(at).getByRole('group', { name, exact: true });

const ready = (page: Page) =>
  expect.poll(() => page.locator(TAG).evaluateAll(all => all.every(one => (one as never as { estimate: unknown }).estimate !== null))).toBe(true);

async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.shifts = 0;
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) window.shifts += (entry as never as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

for (const name of HOSTS) {
  test(`it works in the ${name} host of another origin`, async ({ page }) => {
    const requests: string[] = [];
    page.on('request', request => requests.push(request.url()));
    await watchShifts(page);
    await page.goto(`${host.origin}/${name}.html`);
    await ready(page);
    expect(await page.evaluate(() => window.shifts)).toBe(0);
    const first = page.locator(TAG).first();
    const calls = first.getByRole('spinbutton', { name: 'API calls', exact: true });
    await calls.fill('10000');
    await expect(way(page, 'Sequential')).toContainText('$0.50');
    await expect(page.locator('output').first()).toHaveText(/^10000 calls of openai\/gpt-6-luna: \$0\.4500 in 15 min$/);
    await first.getByRole('combobox', { name: 'Model', exact: true }).selectOption('openai/gpt-4o');
    await expect(way(page, 'Sequential')).toContainText('$11.25');
    await first.getByRole('slider', { name: 'Repeated inputs', exact: true }).fill('50');
    await expect(way(page, 'Async')).toContainText('$5.63');

    const ours = requests.filter(url => !url.startsWith(host.origin));
    const named = (pattern: RegExp) => ours.filter(url => pattern.test(url)).length;
    expect([named(/\/embed\.js$/), named(/\/embed-[0-9a-f]{12}\.js$/), named(/\/embed-[0-9a-f]{12}\.wasm$/)]).toEqual([1, 1, 1]);
    expect(ours.length).toBe(3);
  });

  // The strict host looks as the plain one does, and keeps axe's script out.
  for (const scheme of name === 'strict' ? [] : (['light', 'dark'] as const)) {
    test(`axe finds nothing in the ${name} host, in ${scheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(`${host.origin}/${name}.html`);
      await ready(page);
      await page.locator(TAG).first().getByText('Advanced', { exact: true }).click();
      await page.locator(TAG).first().getByRole('spinbutton', { name: 'Requests per minute' }).fill('0');
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async tag => (await window.axe.run(tag)).violations, TAG);
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.target.join(' ')).join(', ')}`)).toEqual([]);
    });
  }
}

test('two on one page are two, and share one download', async ({ page }) => {
  await page.goto(`${host.origin}/plain.html`);
  await ready(page);
  await expect(way(page, 'Sequential', 0)).toContainText('$0.25');
  const second = await way(page, 'Sequential', 1).innerText();
  await page.locator(TAG).first().getByRole('spinbutton', { name: 'API calls' }).fill('1');
  await expect(way(page, 'Sequential', 0)).not.toContainText('$0.25');
  expect(await way(page, 'Sequential', 1).innerText()).toBe(second);
});

test('before the program is here, the opening values stand there, and nothing is claimed of others', async ({ page }) => {
  await watchShifts(page);
  let release = () => {};
  const held = new Promise<void>(done => (release = done));
  await page.route(/embed-.*\.wasm$/, async route => {
    await held;
    await route.continue();
  });
  await page.goto(`${host.origin}/plain.html`);
  await expect(way(page, 'Sequential', 0)).toContainText('$0.25');
  await expect(way(page, 'Async', 0)).toContainText('7.5 min');
  const colour = (at: number) => page.locator(TAG).nth(at).locator('.cost').first().evaluate(one => getComputedStyle(one).color);
  expect(await colour(0)).not.toBe('rgba(0, 0, 0, 0)');
  expect(await colour(1)).toBe('rgba(0, 0, 0, 0)');
  expect(await page.locator('.calculator').evaluateAll(all => all.map(one => one.hasAttribute('inert')))).toEqual([false, true]);
  release();
  await ready(page);
  await expect(way(page, 'Sequential', 1)).toContainText('$');
  expect(await colour(1)).not.toBe('rgba(0, 0, 0, 0)');
  expect(await page.evaluate(() => window.shifts)).toBe(0);
});

test('attributes are watched, each change is told, and what cannot be read is said', async ({ page }) => {
  await page.goto(`${host.origin}/bare.html`);
  await page.evaluate(tag => {
    window.heard = [];
    document.addEventListener('change', event => {
      window.heard.push({ detail: (event as CustomEvent).detail, from: (event.target as Element).id });
    });
    const element = document.createElement(tag);
    element.id = 'one';
    element.setAttribute('calls', '100');
    document.body.append(element);
  }, TAG);
  const told = () => page.evaluate(() => window.heard.map(({ detail, from }) => `${from} ${detail.calls} ${detail.model}`));
  await expect.poll(told).toEqual(['one 100 openai/gpt-6-luna']);
  await page.evaluate(() => {
    document.querySelector('#one')!.setAttribute('calls', '200');
    document.querySelector('#one')!.setAttribute('model', 'gpt-4o');
  });
  await expect.poll(told).toEqual(['one 100 openai/gpt-6-luna', 'one 200 openai/gpt-4o']);
  const detail = await page.evaluate(() => window.heard[1].detail as Record<string, Record<string, unknown>>);
  // 200 calls of 250 + 50 tokens at $2.50 and $10.00 a million: 0.125 + 0.1.
  expect(detail.sequential.cost_pico_usd).toBe('225000000000');
  expect(detail.sequential.time_ms_max).toBe(300_000);

  await page.evaluate(() => document.querySelector('#one')!.setAttribute('calls', 'many'));
  await expect(page.getByText('API calls needs a plain number, without “m”. Still using 200.')).toBeVisible();
  await page.evaluate(() => document.querySelector('#one')!.removeAttribute('calls'));
  await expect(page.getByText('Still using')).toHaveCount(0);
  await expect.poll(told).toHaveLength(3);
});

test('what was typed outlives a move, and an element that is gone leaves nothing behind', async ({ page }) => {
  await page.goto(`${host.origin}/bare.html`);
  await page.evaluate(tag => {
    document.body.insertAdjacentHTML('beforeend', `<div id="a"></div><div id="b"></div>`);
    document.querySelector('#a')!.append(document.createElement(tag));
  }, TAG);
  await ready(page);
  const calls = page.getByRole('spinbutton', { name: 'API calls' });
  await calls.fill('77');
  await page.evaluate(tag => document.querySelector('#b')!.append(document.querySelector(tag)!), TAG);
  await expect(calls).toHaveValue('77');
  const session = await page.context().newCDPSession(page);
  const alive = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const prototype = await session.send('Runtime.evaluate', { expression: `customElements.get('${TAG}').prototype` });
    const objects = await session.send('Runtime.queryObjects', { prototypeObjectId: prototype.result.objectId! });
    const count = await session.send('Runtime.callFunctionOn', {
      objectId: objects.objects.objectId!, functionDeclaration: 'function () { return this.length; }', returnByValue: true,
    });
    // The list itself would keep what is in it.
    await session.send('Runtime.releaseObject', { objectId: objects.objects.objectId! });
    return count.result.value as number;
  };
  await page.evaluate(tag => {
    for (let at = 0; at < 20; at++) document.body.append(document.createElement(tag));
  }, TAG);
  await ready(page);
  expect(await alive()).toBe(21);
  await page.evaluate(tag => document.querySelectorAll(tag).forEach(one => one.remove()), TAG);
  await expect.poll(alive).toBe(0);
});

test('as a frame it takes its address, and tells its height', async ({ page }) => {
  await page.goto(`${host.origin}/frame.html`);
  const inside = page.frameLocator('#f');
  await expect(inside.getByRole('group', { name: 'Sequential', exact: true })).toContainText('$1.40');
  await expect.poll(() => page.locator('#f').evaluate(frame => Number((frame as HTMLIFrameElement).height))).toBeGreaterThan(300);
  const height = () => page.locator('#f').evaluate(frame => Number((frame as HTMLIFrameElement).height));
  const before = await height();
  await inside.getByText('Advanced', { exact: true }).click();
  await expect.poll(height).toBeGreaterThan(before + 100);
});

test('where scripts are off, the text inside the tag is read', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${host.origin}/plain.html`);
  await expect(page.getByText('Five thousand calls cost about 23 cents.')).toBeVisible();
  await context.close();
});

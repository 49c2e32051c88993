// A page as a person knows it, in any engine: by the roles and names that UI.md and the accessibility tree have.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from '@playwright/test';
import type { DataFile } from '../data';
import type { InPage, Tab } from './tab';

const FINDER = readFileSync(createRequire(__filename).resolve('@testing-library/dom/dist/@testing-library/dom.umd.min.js'), 'utf8');

type Role = 'button' | 'link' | 'group' | 'status' | 'region' | 'alert' | 'combobox' | 'progressbar' | 'dialog' | 'switch' | 'heading';

interface Library {
  queryAllByRole(root: Element, role: string, options: { name?: string | RegExp }): HTMLElement[];
  queryAllByLabelText(root: Element, label: string): HTMLElement[];
}

declare const TestingLibraryDom: Library;

/** The element with a role and a name; what a field is for, where `role` is `field`. */
function find(role: string, name: string | null): HTMLElement | null {
  const found = role === 'field'
    ? TestingLibraryDom.queryAllByLabelText(document.body, name!)
    : TestingLibraryDom.queryAllByRole(document.body, role, name === null ? {} : { name });
  return found[0] ?? null;
}

export class Screen {
  constructor(readonly tab: Tab) {}

  /** Opens the page and waits until it takes what is typed. */
  async open(address: string): Promise<void> {
    // The same page at another hash would not be loaded anew.
    await this.tab.goto('about:blank');
    await this.tab.goto(address);
    await this.untilAlive();
  }

  async untilAlive(): Promise<void> {
    await expect.poll(() => this.tab.evaluate(() => document.readyState === 'complete' && !document.documentElement.inert && !document.querySelector('.opening'))
      // A page that is just being replaced answers nothing.
      .catch(() => false)).toBe(true);
    await this.tab.load(`globalThis.find = ${find}`);
    await this.tab.load(FINDER);
  }

  evaluate<Args extends unknown[], T>(work: InPage<Args, T>, ...args: Args): Promise<T> {
    return this.tab.evaluate(work, ...args);
  }

  /** Presses it once it is there, rests in its place and can be pressed. */
  async click(role: Role, name: string): Promise<void> {
    const pressed = () => this.tab.click((role: string, name: string) => {
      const scope = globalThis as unknown as { find: typeof find; placeBefore?: string };
      const found = scope.find(role, name) as HTMLButtonElement | null;
      if (!found || found.disabled || found.getAttribute('aria-disabled') === 'true') return null;
      found.scrollIntoView({ block: 'center', behavior: 'instant' });
      const { x, y, width, height } = found.getBoundingClientRect();
      const [place, before] = [`${role} ${name} ${x} ${y}`, scope.placeBefore];
      scope.placeBefore = place;
      const hit = document.elementFromPoint(x + width / 2, y + height / 2);
      return place === before && found.contains(hit) ? found : null;
    }, role, name);
    await expect.poll(pressed, { message: `the ${role} ${name}`, intervals: [100] }).toBe(true);
  }

  /** What it says; nothing where it isn't there. */
  text(role: Role | 'field', name: string | null = null): Promise<string> {
    return this.evaluate((role: string, name: string | null) =>
      (globalThis as unknown as { find: typeof find }).find(role, name)?.innerText ?? '', role, name);
  }

  async untilSays(role: Role, name: string | null, words: RegExp): Promise<void> {
    await expect.poll(() => this.text(role, name), `the ${role} ${name ?? ''}`).toMatch(words);
  }

  /** Puts a text in the place of what a field holds, as typing does. */
  async fill(label: string, text: string): Promise<void> {
    await expect.poll(() => this.evaluate((label: string, text: string) => {
      const field = (globalThis as unknown as { find: typeof find }).find('field', label) as HTMLInputElement | null;
      if (!field) return false;
      field.focus();
      field.select();
      document.execCommand(text === '' ? 'delete' : 'insertText', false, text);
      field.blur();
      return true;
    }, label, text), `the field ${label}`).toBe(true);
  }

  async choose(label: string, option: string): Promise<void> {
    await expect.poll(() => this.evaluate((label: string, option: string) => {
      const field = (globalThis as unknown as { find: typeof find }).find('field', label) as HTMLSelectElement | null;
      const wanted = [...field?.options ?? []].find(one => one.text === option);
      if (!field || !wanted) return false;
      field.value = wanted.value;
      return field.dispatchEvent(new Event('change', { bubbles: true }));
    }, label, option), `${option} of ${label}`).toBe(true);
  }

  async give(label: string, file: DataFile): Promise<void> {
    await expect.poll(() => this.evaluate((label: string, name: string, text: string) => {
      const field = (globalThis as unknown as { find: typeof find }).find('field', label) as HTMLInputElement | null;
      if (!field) return false;
      const files = new DataTransfer();
      files.items.add(new File([text], name));
      field.files = files.files;
      return field.dispatchEvent(new Event('change', { bubbles: true }));
    }, label, file.name, file.buffer.toString()), `the file field ${label}`).toBe(true);
  }

  /** What a button offers as a download. */
  async export(button: string): Promise<string> {
    await this.evaluate(() => {
      const scope = globalThis as unknown as { exported?: Blob };
      delete scope.exported;
      const anchor = HTMLAnchorElement.prototype;
      const create = URL.createObjectURL.bind(URL);
      URL.createObjectURL = blob => {
        scope.exported = blob as Blob;
        return create(blob);
      };
      anchor.click = () => undefined;
    });
    await this.click('button', button);
    await expect.poll(() => this.evaluate(() => 'exported' in globalThis), `the file of ${button}`).toBe(true);
    return this.evaluate(() => (globalThis as unknown as { exported: Blob }).exported.text());
  }
}

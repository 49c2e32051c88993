// The runner page by its accessible names, as UI.md states them: what a person can find, type, press and read.

import { readFileSync } from 'node:fs';
import { expect, type Locator, type Page } from '@playwright/test';
import type { DataFile } from './data';
import type { Mock } from './mock';
import { SORT_FILMS } from './prompts';

/** What a person types into steps 2 to 4; a field that is left out keeps what it has. */
export interface Entries {
  /** By its name in the list; a base URL without it is another OpenAI-compatible endpoint's. */
  'Provider'?: string;
  'System prompt'?: string;
  'User prompt'?: string;
  'Base URL'?: string;
  'API key'?: string;
  'Model'?: string;
  'Max output tokens'?: number;
  'Concurrency'?: number;
  'Requests per minute'?: number;
  'Max retries'?: number;
  'Timeout'?: number;
  'Budget'?: string;
}

/** The status region's first line, read. */
export interface Line {
  done: number;
  total: number;
  spent: string;
  projected: string | null;
  cacheHits: number;
}

/** In pico-dollars: true spend lies between `confirmed` and `confirmed + doubtful`. */
export interface Spend {
  confirmed: bigint;
  doubtful: bigint;
}

/** No run of these tests takes so long; what is slow on a busy machine isn't wrong. */
const RUN_MS_MAX = 120_000;

const LINE = /^\[(\d+)\/(\d+)\] \$(\d+\.\d{4}) spent \| (?:~\$(\d+\.\d{2}) projected|projected [a-z ]+) \| cache hits: (\d+)/;

/** What most tests enter where nothing else is at stake; `Base URL` and what differs come with it. */
const USUAL: Entries = {
  'System prompt': SORT_FILMS, 'User prompt': '{{title}}', 'Model': 'gpt-4o-mini', 'Max output tokens': 16,
};

/** The runner with the sample of 500 rows and the Demo, ready to start. */
export async function sampleRunner(page: Page): Promise<Runner> {
  const runner = new Runner(page);
  await runner.open();
  await runner.chooseSample();
  return runner;
}

/** The runner with a data file and everything entered, ready to start. */
export async function readyRunner(page: Page, data: DataFile, entries: Entries, address?: string): Promise<Runner> {
  const runner = new Runner(page);
  await runner.open(address);
  await runner.chooseData(data);
  await runner.enter({ ...USUAL, ...entries });
  return runner;
}

export class Runner {
  constructor(readonly page: Page) {}

  async open(address = './#/run'): Promise<void> {
    await this.page.goto(address);
    await expect(this.page.locator('.opening'), 'the opening of the HTML, which takes no input').toHaveCount(0);
    await expect(this.button('Sample data')).toBeEnabled();
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  get status(): Locator {
    return this.page.getByRole('status', { name: 'Run status' });
  }

  async chooseSample(): Promise<void> {
    await this.button('Sample data').click();
    await expect(this.page.getByText(/\b500 rows\b/).first()).toBeVisible();
  }

  /** A part of the page that is shown when asked for. */
  disclosure(name: string): Locator {
    return this.page.locator('summary', { hasText: new RegExp(`^${name}`) }).locator('xpath=..');
  }

  /** Opens one; it has to be there. */
  async expand(name: string): Promise<void> {
    const details = this.disclosure(name);
    if ((await details.getAttribute('open')) === null) await details.locator('> summary').click();
    await expect(details).toHaveAttribute('open');
  }

  async chooseData(file: DataFile): Promise<void> {
    await this.page.getByLabel('Data file').setInputFiles(file);
    const rows = file.buffer.toString().trimEnd().split('\n').length - 1;
    await expect(this.page.getByText(new RegExp(`\\b${rows.toLocaleString('en')} rows\\b`)).first()).toBeVisible();
  }

  /** Opens what the steps keep under `More`. */
  async openMore(): Promise<void> {
    for (const more of await this.disclosure('More').all()) {
      if ((await more.getAttribute('open')) === null) await more.locator('> summary').click();
    }
  }

  async enter(entries: Entries): Promise<void> {
    const { Provider, 'Base URL': address, 'API key': key, ...others } = entries;
    if (Provider) await this.chooseProvider(new RegExp(`^${Provider}$`));
    else if (address !== undefined) await this.chooseProvider(/OpenAI-compatible/i);
    // Another server's address clears the key.
    for (const [name, value] of Object.entries({ 'Base URL': address, 'API key': key, ...others })) {
      if (value === undefined) continue;
      const field = this.field(name);
      if (!(await field.isVisible())) await this.openMore();
      await field.fill(String(value));
      // A list of proposals may lie over the fields below it.
      if (name === 'Model') await field.press('Escape');
    }
  }

  field(name: string): Locator {
    return name === 'Model'
      ? this.page.getByRole('combobox', { name, exact: true })
      : this.page.getByLabel(name, { exact: true });
  }

  async chooseProvider(name: RegExp): Promise<void> {
    const provider = this.page.getByRole('combobox', { name: 'Provider', exact: true });
    const options = await provider.locator('option').allTextContents();
    const wanted = options.find(option => name.test(option));
    if (wanted !== undefined) {
      await provider.selectOption({ label: wanted });
    } else {
      await provider.click();
      await this.page.getByRole('option', { name }).first().click();
    }
  }

  async start(): Promise<void> {
    await this.button('Start run').click();
    await expect(this.page.getByRole('progressbar', { name: 'Run progress' })).toBeVisible();
  }

  /** Pauses the run, lets go what these providers hold, and waits until the page has taken in what was in flight. */
  async pause(...mocks: Mock[]): Promise<void> {
    await this.button('Pause').click();
    await expect(this.status).toContainText('Paused by you');
    for (const mock of mocks) await mock.release();
    await expect(this.figure('In flight').locator('dd').first()).toHaveText('0');
  }

  /**
   * Goes on with a run that was found again. Where rows were in flight the page asks about them, and they are sent
   * again; else it asks nothing but the key. Says which it was.
   */
  async goOn(key: string): Promise<'cut off' | 'between calls'> {
    await expect(this.status).toContainText('Paused');
    const cutOff = (await this.status.innerText()).includes('the run was cut off');
    await this.field('API key').fill(key);
    await expect(this.button(cutOff ? 'Resume' : 'Send again')).toHaveCount(0);
    await this.button(cutOff ? 'Send again' : 'Resume').click();
    return cutOff ? 'cut off' : 'between calls';
  }

  /** The status region's first line; it must have the post's form. */
  async line(): Promise<Line> {
    const text = (await this.status.innerText()).split('\n')[0];
    const read = LINE.exec(text);
    if (!read) throw new Error(`the run's status is not in the post's form: ${text}`);
    const [, done, total, spent, projected, cacheHits] = read;
    return { done: +done, total: +total, spent, projected: projected ?? null, cacheHits: +cacheHits };
  }

  async untilDone(rows: number, timeout = RUN_MS_MAX): Promise<void> {
    await expect.poll(async () => (await this.line()).done, { timeout, intervals: [50] }).toBeGreaterThanOrEqual(rows);
  }

  async untilFinished(timeout = RUN_MS_MAX): Promise<void> {
    await expect(this.status).toContainText(/Finished|Stopped by you/, { timeout });
  }

  /** Presses Stop and answers its question with yes. */
  async stop(): Promise<void> {
    await this.button('Stop').press('Enter');
    const question = this.page.getByRole('dialog', { name: /^Stop and cancel [\d,]+ rows?\? You can resume later\.$/ });
    await question.getByRole('button', { name: 'Stop run' }).press('Enter');
  }

  /** The exact amounts behind the figures `Spent` and `May have been billed`. */
  async spend(): Promise<Spend> {
    return { confirmed: await this.pico('Spent'), doubtful: await this.pico('May have been billed') };
  }

  private figure(name: string): Locator {
    // Four of them are always in view; the others are under Details.
    const figures = this.page.getByLabel(/^(Figures|Other figures)$/).locator('> div');
    return figures.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  private async pico(figure: string): Promise<bigint> {
    const exact = this.figure(figure).locator('[data-pico]');
    return BigInt((await exact.getAttribute('data-pico')) ?? 'absent');
  }

  /** What an export button writes. */
  async export(button: 'Export CSV' | 'Export JSONL' | 'Export ledger'): Promise<string> {
    const downloading = this.page.waitForEvent('download');
    await this.button(button).click();
    return readFileSync(await (await downloading).path(), 'utf8');
  }
}

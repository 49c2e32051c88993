// What a test needs of a browser, whichever engine it has: little enough that plain WebDriver can do it.

/** Runs in the page; its arguments and what it returns are JSON. */
export type InPage<Args extends unknown[], T> = (...args: Args) => T | Promise<T>;

export interface Tab {
  /** What its console and its workers' told that must not be: see `isFault`. WebDriver tells nothing of it. */
  readonly faults: readonly string[];
  goto(address: string): Promise<void>;
  evaluate<Args extends unknown[], T>(work: InPage<Args, T>, ...args: Args): Promise<T>;
  /** Runs a script in the page, past its content security policy. */
  load(script: string): Promise<void>;
  /** Presses the element that `find` returns, as a mouse does. False where it returns none. */
  click<Args extends unknown[]>(find: InPage<Args, Element | null>, ...args: Args): Promise<boolean>;
  /** Types into what has the focus; `Tab`, `Enter` and `Space` are keys. */
  press(key: string): Promise<void>;
  close(): Promise<void>;
}

/** A browser on a profile of its own. */
export interface EngineBrowser {
  readonly version: string;
  newTab(): Promise<Tab>;
  /** SIGKILL to the whole tree, at once. */
  kill(): Promise<void>;
  /** As a person closes it: what is to be written is written. */
  close(): Promise<void>;
}

export const ENGINES = ['chromium', 'firefox', 'webkit'] as const;
export type Engine = (typeof ENGINES)[number];

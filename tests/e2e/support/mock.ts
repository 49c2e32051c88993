// The simulated provider (`cargo mock`) as a test sees it: started, told how to behave, and asked what it would bill.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

/** `cargo dev test` starts Playwright here. */
export const REPO = process.cwd();

/** Every kind of fault that the simulated provider knows. */
export const FAULTS = [
  'status500', 'status503', 'overloaded529', 'rate429', 'rate429-body-hint', 'torn', 'reset-after', 'hang', 'html200',
  'no-usage', 'bad-request', 'slow', 'empty',
] as const;

/** Faults after which both sides know what was billed: refused before any work, or answered in full, if late. A 500 may
 * come after the work. */
export const CLEAR_FAULTS = [
  'status503', 'overloaded529', 'rate429', 'rate429-body-hint', 'bad-request', 'slow',
] as const;

export interface LedgerCall {
  sequence: number;
  arrived_ms: number;
  model: string;
  message: string;
  message_sha256: string;
  input_tokens: number;
  cached_tokens: number;
  cache_written_tokens: number;
  output_tokens: number;
  billed: boolean;
  cost_pico: string;
  fault: string | null;
  status: number | null;
  answered_ms: number | null;
  disconnected: boolean;
}

export interface LedgerTotals {
  requests: number;
  billed: number;
  billed_pico: string;
  disconnected: number;
  open: number;
  max_in_60_s: number;
  max_admitted_in_60_s: number;
}

/** What the provider charges for these calls, in pico-dollars. */
export function billed(calls: LedgerCall[]): bigint {
  return calls.reduce((sum, call) => sum + BigInt(call.cost_pico), 0n);
}

export class Mock {
  private constructor(
    private readonly process: ChildProcess,
    /** HTTPS with HTTP/2. */
    readonly https: string,
    /** Plain HTTP/1.1. */
    readonly http: string,
  ) {}

  /** Starts one with these flags; `PENNYBATCH_MOCK` names the built program, else Cargo finds it. */
  static async start(...flags: string[]): Promise<Mock> {
    const built = process.env.PENNYBATCH_MOCK;
    const [program, first] = built ? [built, []] : ['cargo', ['mock']];
    const started = spawn(program, [...first, ...flags], { cwd: REPO, stdio: ['ignore', 'pipe', 'inherit'] });
    const addresses = await new Promise<string>((found, failed) => {
      createInterface({ input: started.stdout }).once('line', found);
      started.once('error', failed);
      started.once('exit', code => failed(new Error(`the simulated provider ended with ${code}`)));
    });
    const { https, http } = JSON.parse(addresses) as { https: string; http: string };
    return new Mock(started, https, http);
  }

  /** What a person enters as Base URL. */
  get baseUrl(): string {
    return `${this.https}/v1`;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const ended = new Promise(done => this.process.once('exit', done));
    this.process.kill('SIGINT');
    await ended;
  }

  async ledger(from = 0): Promise<{ totals: LedgerTotals; calls: LedgerCall[] }> {
    return this.ask(`/__ledger?from=${from}`);
  }

  async totals(): Promise<LedgerTotals> {
    return (await this.ask<{ totals: LedgerTotals }>('/__ledger?totals=1')).totals;
  }

  /** Changes settings while running: named as the flags, with `_` for `-`. */
  async set(changes: Record<string, unknown>): Promise<void> {
    const body = JSON.stringify(changes);
    const answer = await fetch(`${this.http}/__set`, {
      method: 'POST', body, headers: { 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`the simulated provider refused ${body}: ${await answer.text()}`);
  }

  /** Lets the calls go that `--hold-from` holds. */
  async release(): Promise<void> {
    await this.set({ hold_from: null });
  }

  async reset(): Promise<void> {
    await fetch(`${this.http}/__reset`, { method: 'POST' });
  }

  private async ask<T>(path: string): Promise<T> {
    return (await fetch(`${this.http}${path}`)).json() as Promise<T>;
  }
}

/** `--fault` flags that give each of the kinds the same share. */
export function faults(kinds: readonly string[], share: number): string[] {
  return kinds.flatMap(kind => ['--fault', `${kind}=${share}`]);
}

/** What the simulated provider answers, by the rule that its `answer.rs` states. */
export function expectedAnswer(system: string, message: string): string {
  const digest = createHash('sha256').update(message).digest();
  const listed = system.split(':').slice(1).join(':').split(/[.\n]/)[0];
  const labels = listed.split(',').map(label => label.trim()).filter(label => label !== '');
  return labels.length < 2 ? `Answer ${digest.toString('hex').slice(0, 8)}` : labels[digest.readUInt32BE() % labels.length];
}

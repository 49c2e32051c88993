// Long work: the worker answers in the middle of each kind, and a Stop goes through.
//
// PENNYBATCH_LONG_ROWS: how many rows (100000 takes minutes in a page that is not optimized).

import { expect, test, type Page } from './support/test';
import { sampleRunner } from './support/runner';

const ROWS = Number(process.env.PENNYBATCH_LONG_ROWS ?? 20_000);

type Message = string | Record<string, unknown>;
type Told = { kind: string; at: number; message: Record<string, unknown> };

/** What happened while a long work was under way. */
interface Seen {
  took_ms: number;
  /** Between a question and its answer, at most; and how many were answered before the work had ended. */
  longest_ms: number;
  answered: number;
}

interface Scope {
  setup: Record<string, unknown>;
  ask: (message: Message, ends: string, file?: [string, string]) => Promise<Told>;
  during: (message: Message, ends: string, file?: [string, string]) => Promise<Seen>;
  text: (what: string, run: string) => [string, string];
}

/** Keeps the setup that the page starts a run with. */
function remember(): void {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (this: Worker, envelope: { message?: { start?: { setup: Record<string, unknown> } } }) {
    const start = envelope?.message?.start;
    if (start) (globalThis as unknown as Scope).setup = start.setup;
    postMessage.call(this, envelope);
  };
}

/** A second worker of the page, spoken to in its own words. */
async function connect(page: Page, rows: number): Promise<void> {
  await page.evaluate(async rows => {
    const scope = globalThis as unknown as Scope;
    const script = document.querySelector('meta[name=pennybatch-worker]')!.getAttribute('content')!;
    const worker = new Worker(new URL(script, document.baseURI), { type: 'module' });
    const heard: Told[] = [];
    const waiting: { kind: string; from: number; resolve: (told: Told) => void }[] = [];
    worker.addEventListener('message', ({ data: { message } }) => {
      const kind = Object.keys(message)[0];
      const told = { kind, at: performance.now(), message };
      heard.push(told);
      // Between two runs none is open: the question for a row is refused, which is an answer too.
      const none = kind === 'refused' && JSON.stringify(message).includes('No run is open');
      const place = waiting.findIndex(one => one.kind === kind || kind === 'refused' && (one.kind === 'detail') === none);
      if (place >= 0) waiting.splice(place, 1)[0].resolve(told);
    });
    scope.ask = (message, kind, file) => new Promise(resolve => {
      waiting.push({ kind, from: heard.length, resolve });
      worker.postMessage({ message, file: file && new File([file[1]], file[0]) });
    });
    scope.during = async (message, ends, file) => {
      const begun = performance.now();
      let over: Told | undefined;
      const work = scope.ask(message, ends, file).then(told => { over = told; });
      const seen: Seen = { took_ms: 0, longest_ms: 0, answered: 0 };
      while (!over) {
        const asked = performance.now();
        const told = await scope.ask({ detail: { item: 0 } }, 'detail');
        seen.longest_ms = Math.max(seen.longest_ms, told.at - asked);
        if (!over) seen.answered += 1;
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      await work;
      seen.took_ms = over.at - begun;
      if (over.kind !== ends) throw new Error(`${ends}: ${JSON.stringify(over.message)}`);
      return seen;
    };
    scope.text = (what, run) => {
      const lines = Array.from({ length: rows }, (_, row) => {
        if (what === 'data') return `r${row},Row ${row} of a long list of things that are to be sorted,${row % 97},${row % 7} of seven`;
        if (what === 'checkpoint') return JSON.stringify({ id: `r${row}`, result: `answer ${row}` });
        const message = { role: 'assistant', content: `answer ${row}` };
        const body = { choices: [{ index: 0, message, finish_reason: 'stop' }], usage: { prompt_tokens: 30, completion_tokens: 3 } };
        return JSON.stringify({ custom_id: `${run}-${row}`, response: { status_code: 200, body }, error: null });
      });
      return [`${what}.${what === 'data' ? 'csv' : 'jsonl'}`, [...(what === 'data' ? ['id,name,number,part'] : []), ...lines, ''].join('\n')];
    };
    // Its first word.
    await new Promise<void>(resolve => waiting.push({ kind: 'ready', from: 0, resolve: () => resolve() }));
  }, rows);
}

test('during each kind of long work the worker answers, and Stop goes through', async ({ page }) => {
  // The rows are prepared, counted, written and read several times.
  test.setTimeout(ROWS > 20_000 ? 900_000 : 480_000);
  await page.addInitScript(remember);
  const runner = await sampleRunner(page);
  await runner.start();
  await connect(page, ROWS);
  const figures: Record<string, Seen> = {};
  const during = async (name: string, message: Message, ends: string, file?: [string, string]) => {
    figures[name] = await page.evaluate(([message, ends, file]) =>
      (globalThis as unknown as Scope).during(message as Message, ends as string, file as [string, string] | undefined),
    [message, ends, file] as const);
    console.log(name, JSON.stringify(figures[name]));
    // What is over at once needs no answer in its middle.
    if (figures[name].took_ms > 250) expect(figures[name].answered, `answers during: ${name}`).toBeGreaterThan(0);
  };
  const ask = (message: Message, ends: string) => page.evaluate(async ([message, ends]) =>
    (await (globalThis as unknown as Scope).ask(message as Message, ends as string)).message, [message, ends] as const);
  const text = (what: string, run = '') => page.evaluate(([what, run]) =>
    (globalThis as unknown as Scope).text(what, run), [what, run] as const);
  const setup = await page.evaluate(() => (globalThis as unknown as Scope).setup);
  const slow = { ...setup, id_column: 'id', user: '{{id}} {{name}}', budget: null, demo: { latency_ms: 5_000, errors_ppm: 0, rate_limited_ppm: 0 } };
  const fast = { ...slow, demo: { latency_ms: 1, errors_ppm: 0, rate_limited_ppm: 0 }, limits: { ...(setup.limits as object), concurrency: 64 } };

  // A small run is under way while a large file is read, counted, and listed.
  await ask('open_sample', 'data');
  const small = (await ask({ start: { setup: { ...slow, user: '{{name}}' }, keys: [null] } }, 'opened')).opened as { run: string };
  const data = await text('data');
  await during('read the file', { open_text: { name: data[0], text: data[1], bad_lines: 'refuse' } }, 'data');
  await during('estimate', { estimate: { setup: fast } }, 'estimated');
  await during('list the runs', 'list_runs', 'runs').catch(() => { /* It may be over at once. */ });
  // In the middle of a long work, Stop is done before the work is.
  const order = await page.evaluate(async ([estimate]) => {
    const { ask } = globalThis as unknown as Scope;
    const told: string[] = [];
    await Promise.all([
      ask(estimate as Message, 'data').then(() => told.push('read')),
      ask({ run: 'stop' }, 'progress').then(() => ask({ detail: { item: 0 } }, 'detail')).then(() => told.push('stopped')),
    ]);
    return told;
  }, [{ open_text: { name: data[0], text: data[1], bad_lines: 'refuse' } }] as const);
  expect(order).toEqual(['stopped', 'read']);

  // What is in flight ends by itself.
  const atRest = async () => {
    const { state, in_flight } = (await ask({ run: 'pause' }, 'progress')).progress as { state: unknown; in_flight: number };
    return in_flight === 0 && state !== 'running' && state !== 'stopping';
  };
  await expect.poll(atRest).toBe(true);
  await during('start', { start: { setup: fast, keys: [null] } }, 'opened');
  const large = ((await ask({ open: { run: 'none' } }, 'refused')), await ask('list_runs', 'runs')).runs as { run: string; total: number }[];
  const run = large.find(one => one.total === ROWS)!.run;
  // Rows arrive meanwhile.
  await during('search', { rows: { first: 0, count: 50, filter: null, search: 'nowhere' } }, 'rows');
  await during('export', { export: { what: 'csv', style: { guard_formulas: true, byte_order_mark: false } } }, 'exported');
  await ask({ run: 'pause' }, 'progress');
  await expect.poll(atRest).toBe(true);
  await during('export requests', { batch: { export_requests: { target: 'open_ai' } } }, 'request_file');
  await during('import results', { batch: { import_results: { name: 'results.jsonl' } } }, 'batch_imported', await text('results', run));
  await during('open another run', { open: { run: small.run } }, 'opened').catch(() => { /* It is small. */ });
  await during('open', { open: { run } }, 'opened');
  await during('import a checkpoint', { import_checkpoint: { name: 'c.jsonl', into_run: true, id_column: 'id' } }, 'checkpoint_read', await text('checkpoint'));
});

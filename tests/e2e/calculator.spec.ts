import { expect, test, type Page } from './support/test';

const GROUPS = ['Sequential', 'Async', 'Batch API'] as const;
type Group = (typeof GROUPS)[number];

interface Figures {
  cost: string;
  time: string;
}

async function figures(page: Page, group: Group): Promise<Figures> {
  const text = await page.getByRole('group', { name: group, exact: true }).innerText();
  const cost = /\$[\d,]+(?:\.\d+)?/.exec(text)?.[0];
  const time = /(?:< )?[\d,]+(?:\.\d+)? (?:ms|s|min|hours|h|d)\b(?: \d+ (?:min|h)\b)?/.exec(text)?.[0];
  if (cost === undefined || time === undefined) throw new Error(`${group} shows no cost or no time: ${text}`);
  return { cost, time };
}

async function allFigures(page: Page): Promise<Record<Group, Figures>> {
  const [sequential, async, batch] = await Promise.all(GROUPS.map(group => figures(page, group)));
  return { 'Sequential': sequential, 'Async': async, 'Batch API': batch };
}

async function type(page: Page, name: string, value: string): Promise<void> {
  await page.getByRole('spinbutton', { name, exact: true }).fill(value);
}

test.beforeEach(async ({ page }) => {
  await page.goto('./#/');
  await expect(page.getByRole('group', { name: 'Sequential', exact: true })).toBeVisible();
});

test('opens with what the post\'s 5,000 calls cost and take today', async ({ page }) => {
  expect(await allFigures(page)).toEqual({
    'Sequential': { cost: '$0.25', time: '2 h 5 min' },
    'Async': { cost: '$0.225', time: '7.5 min' },
    'Batch API': { cost: '$0.113', time: '< 24 hours' },
  });
  await expect(page.getByRole('combobox', { name: 'Model', exact: true })).toHaveValue(/gpt-6-luna/i);
  for (const [name, value] of [
    ['API calls', '5,000'], ['Input tokens per call', '250'], ['Output tokens per call', '50'],
    ['Repeated inputs', '10'], ['Concurrency', '15'],
  ]) {
    await expect(page.getByRole('spinbutton', { name, exact: true })).toHaveValue(value);
    await expect(page.getByRole('slider', { name, exact: true })).toBeVisible();
  }
});

// Which figures an input moves; the others must stand still.
const MOVES: { input: string; value: string; advanced?: true; costs: Group[]; times: Group[] }[] = [
  { input: 'API calls', value: '8000', costs: [...GROUPS], times: ['Sequential', 'Async'] },
  { input: 'Input tokens per call', value: '400', costs: [...GROUPS], times: [] },
  { input: 'Output tokens per call', value: '90', costs: [...GROUPS], times: [] },
  { input: 'Repeated inputs', value: '40', costs: ['Async', 'Batch API'], times: ['Async'] },
  { input: 'Concurrency', value: '30', costs: [], times: ['Async'] },
  { input: 'Latency per call', value: '3', advanced: true, costs: [], times: ['Sequential', 'Async'] },
  { input: 'Reasoning tokens per call', value: '100', advanced: true, costs: [...GROUPS], times: [] },
  { input: 'Requests per minute', value: '100', advanced: true, costs: [], times: ['Async'] },
  { input: 'Input price', value: '0.30', advanced: true, costs: ['Sequential', 'Async'], times: [] },
];

for (const { input, value, advanced, costs, times } of MOVES) {
  test(`${input} moves what depends on it and nothing else`, async ({ page }) => {
    if (advanced) await page.locator('summary', { hasText: 'Advanced' }).click();
    const before = await allFigures(page);
    await type(page, input, value);
    const watched = (costs[0] ?? times[0]) as Group;
    const part = costs.length > 0 ? 'cost' : 'time';
    await expect.poll(async () => (await figures(page, watched))[part]).not.toBe(before[watched][part]);
    const after = await allFigures(page);
    for (const group of GROUPS) {
      // A price of one's own may or may not reach the batch rates: the page decides, and says so.
      if (input !== 'Input price' || group !== 'Batch API') {
        expect(after[group].cost !== before[group].cost, `the cost of ${group}`).toBe(costs.includes(group));
      }
      expect(after[group].time !== before[group].time, `the time of ${group}`).toBe(times.includes(group));
    }
  });
}

test('every figure is the post\'s arithmetic, for another workload and model', async ({ page }) => {
  await choose(page, 'gpt-4o');
  await type(page, 'API calls', '20000');
  await type(page, 'Input tokens per call', '1000');
  await type(page, 'Output tokens per call', '200');
  await type(page, 'Repeated inputs', '25');
  await type(page, 'Concurrency', '50');
  // 20,000 calls of 1,000 x $2.50 and 200 x $10 a million; a quarter of them from our own cache; half price in a batch.
  const shown = (cost: string) => expect.stringMatching(new RegExp(`^\\$${cost}$`));
  await expect.poll(() => figures(page, 'Sequential')).toEqual({ cost: shown('90\\.00'), time: '8 h 20 min' });
  await expect.poll(() => figures(page, 'Async')).toEqual({ cost: shown('67\\.50'), time: '7.5 min' });
  await expect.poll(() => figures(page, 'Batch API')).toEqual({ cost: shown('33\\.75'), time: '< 24 hours' });
});

test('the address restores the whole state', async ({ page, context }) => {
  await page.locator('summary', { hasText: 'Advanced' }).click();
  await choose(page, 'gpt-4o');
  const entered: [string, string][] = [
    ['API calls', '12,345'], ['Input tokens per call', '777'], ['Output tokens per call', '33'],
    ['Repeated inputs', '12.5'], ['Concurrency', '40'], ['Latency per call', '2.5'], ['Requests per minute', '600'],
    ['Budget', '7.5'],
  ];
  for (const [name, value] of entered) await type(page, name, value);
  await expect(page).toHaveURL(/calls=12345.*/);
  await expect(page).toHaveURL(/budget=7\.5/);
  const before = await allFigures(page);

  const other = await context.newPage();
  await other.goto(page.url());
  await expect.poll(() => allFigures(other)).toEqual(before);
  await expect(other.getByRole('combobox', { name: 'Model', exact: true })).toHaveValue(/gpt-4o$/i);
  for (const [name, value] of entered) {
    await expect(other.getByRole('spinbutton', { name, exact: true })).toHaveValue(value);
  }
});

test('the table of models covers the catalogue and filters by name', async ({ page }) => {
  const table = page.getByRole('table', { name: 'Cost by model' });
  const luna = table.getByRole('row').filter({ has: page.getByRole('button', { name: 'gpt-6-luna', exact: true }) });
  await expect(luna.first()).toContainText('$0.225');
  const rows = table.getByRole('row');
  await expect(rows, 'the cheapest, below the headings').toHaveCount(24 + 1);
  await choose(page, 'claude-opus-5-5');
  await expect(rows.last(), 'what was chosen stays in sight').toContainText('claude-opus-5-5');
  await expect(rows).toHaveCount(25 + 1);
  const [all] = (await page.getByText(/^\d+ of \d+ models\./).innerText()).split(' ');
  expect(Number(all)).toBeGreaterThan(60);
  await page.getByRole('button', { name: `Show all ${all}`, exact: true }).click();
  await expect(rows).toHaveCount(Number(all) + 1);
  await page.getByRole('button', { name: 'Show fewer', exact: true }).press('Enter');
  await expect(rows).toHaveCount(25 + 1);
  await page.getByRole('searchbox', { name: 'Filter models' }).fill('claude');
  await expect(rows.filter({ hasText: 'claude' }).nth(5)).toBeVisible();
  await expect(rows.filter({ hasNotText: 'claude' }), 'the headings').toHaveCount(1);
});

async function choose(page: Page, model: string): Promise<void> {
  const box = page.getByRole('combobox', { name: 'Model', exact: true });
  await box.click();
  await box.fill(model);
  await page.getByRole('option').filter({ has: page.getByText(new RegExp(`^${model}$`, 'i')) }).first().click();
}

test('pinned models stand side by side, and the link brings them back', async ({ page, context }) => {
  await page.getByRole('button', { name: /^Show all/ }).click();
  for (const id of ['gpt-4o-mini', 'claude-opus-5']) {
    await page.getByRole('button', { name: `Pin ${id}`, exact: true }).click();
  }
  const sideBySide = (where: Page) => where.getByRole('table', { name: 'Side by side' });
  await expect(sideBySide(page)).toContainText('claude-opus-5');
  await expect(page).toHaveURL(/pins=gpt-4o-mini,claude-opus-5/);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(sideBySide(other)).toContainText('gpt-4o-mini');
  await other.getByRole('button', { name: 'Unpin claude-opus-5', exact: true }).click();
  await expect(sideBySide(other)).not.toContainText('claude-opus-5');
});

test('a simulation shows how two hundred runs end', async ({ page }) => {
  await type(page, 'API calls', '300');
  await page.getByRole('button', { name: 'Simulate this run' }).click();
  const simulation = page.getByRole('region', { name: 'Simulation' });
  await expect(simulation.getByText(/^200 runs of the engine/)).toBeVisible();
  await expect(simulation.getByRole('img', { name: /Finish times of the runs/ })).toBeVisible();
  for (const name of ['429s a run', 'Retries a run', 'Cost, median']) await expect(simulation).toContainText(name);
});

test('what a link gets wrong is said, and every way is there', async ({ page }) => {
  await page.goto('./#/?model=gpt-5&calls=5000&in=250&out=50&dup=10&rpm=0&warm=maybe');
  await expect(page.getByText('Requests per minute is “0”. It goes from 1 to 1,000,000,000.')).toBeVisible();
  await expect(page.getByText(/Warm up the prompt cache is 1 or 0/)).toBeVisible();
  await page.locator('summary', { hasText: 'Every way side by side' }).click();
  const ways = page.getByRole('table', { name: 'Every way' });
  for (const way of ['Sequential', 'Async', 'Flex', 'Batch API']) {
    await expect(ways.getByRole('rowheader', { name: way, exact: true })).toBeVisible();
  }
  await page.locator('summary', { hasText: 'Why?' }).click();
  await expect(page.getByRole('heading', { name: 'Decision path' })).toBeVisible();
});

test('an address that is entered while the page writes its own is not lost', async ({ page }) => {
  await page.evaluate(async () => {
    const calls = document.querySelector<HTMLInputElement>('#input-calls')!;
    calls.value = '77';
    calls.dispatchEvent(new InputEvent('input', { bubbles: true }));
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    // The page writes its address after a rest, which is over before anything else has a turn.
    const end = performance.now() + 500;
    while (performance.now() < end);
    location.hash = '#/?model=gpt-4o&calls=88&in=250&out=50&dup=10';
  });
  await expect(page.getByRole('spinbutton', { name: 'API calls', exact: true })).toHaveValue('88');
  await expect(page).toHaveURL(/model=gpt-4o&calls=88/);
});

test('how the table of models is seen is part of the link', async ({ page, context }) => {
  await page.getByRole('searchbox', { name: 'Filter models' }).fill('openai 4o');
  await page.getByRole('table', { name: 'Cost by model' }).getByRole('button', { name: 'Batch API' }).click();
  await expect(page).toHaveURL(/sort=batch&filter=openai%204o/);
  await expect(page.getByRole('searchbox', { name: 'Filter models' })).toHaveValue('openai 4o');
  const other = await context.newPage();
  await other.goto(page.url());
  const table = other.getByRole('table', { name: 'Cost by model' });
  await expect(other.getByRole('searchbox', { name: 'Filter models' })).toHaveValue('openai 4o');
  await expect(table.getByRole('columnheader', { name: 'Batch API' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(table).toContainText('gpt-4o-mini');
  await expect(table).not.toContainText('claude');
});

test('the comparisons come after the answer and shift nothing, and follow a slider', async ({ page }) => {
  await page.addInitScript(() => {
    const seen = window as never as { shifts: number };
    seen.shifts = 0;
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) seen.shifts += (entry as never as { value: number }).value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const asked: string[] = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname.split('/').pop()!));
  await page.reload();
  const figure = page.getByRole('figure', { name: 'Time by concurrency' });
  await expect(figure).toContainText('15 parallel calls: 7.5 min');
  // The last of each: what the page before the reload still asked for may be among them.
  const last = (start: string) => asked.findLastIndex(name => name.startsWith(start) && name.endsWith('.wasm'));
  expect(last('app-')).toBeGreaterThanOrEqual(0);
  if (process.env.PENNYBATCH_PARTS) expect(last('part-split_compare-')).toBeGreaterThan(last('app-'));
  expect(last('part-split_run-'), 'the run page is not needed yet').toBe(-1);
  expect(await page.evaluate(() => (window as never as { shifts: number }).shifts)).toBe(0);

  await page.getByRole('slider', { name: 'Concurrency', exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(figure).toContainText('16 parallel calls');
  await page.getByRole('slider', { name: 'API calls', exact: true }).focus();
  await page.keyboard.press('Home');
  await page.locator('summary', { hasText: 'Every way side by side' }).click();
  const row = page.getByRole('table', { name: 'Every way' }).getByRole('row', { name: /^Sequential/ });
  await expect(row).toContainText('1.5 s');
});

test('a number is taken with separators, and gets its own once the box is left', async ({ page }) => {
  const calls = page.getByRole('spinbutton', { name: 'API calls', exact: true });
  for (const typed of ['20,000', '20 000', '20k']) {
    await calls.fill(typed);
    await expect.poll(() => figures(page, 'Sequential')).toEqual({ cost: '$1.00', time: '8 h 20 min' });
    await calls.blur();
    await expect(calls).toHaveValue('20,000');
  }
  // In plain digits a further one can be typed.
  await calls.focus();
  await expect(calls).toHaveValue('20000');
  await page.keyboard.press('End');
  await page.keyboard.type('0');
  await expect.poll(() => figures(page, 'Sequential')).toEqual({ cost: '$10.00', time: '3 d 11 h' });
});

test('the share menu copies, says so for a moment, and closes by Escape', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const share = page.locator('summary', { hasText: 'Share' });
  await share.click();
  const menu = page.locator('.share');
  for (const [name, part] of [
    ['Copy link', '#/?model=gpt-6-luna&calls=5000'], ['Copy as Markdown table', '| Async | $0.225 |'],
    ['Copy as CSV', 'gpt-6-luna,OpenAI,Async,5000,0.225000,'], ['Copy embed code', '<llm-batch-calculator '],
  ]) {
    await menu.getByRole('button', { name, exact: true }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(part);
    await expect(menu.getByText('Copied')).toBeVisible();
    await expect(menu.getByText('Copied')).toHaveCount(0);
  }
  await page.keyboard.press('Escape');
  await expect(menu.getByRole('button', { name: 'Copy link', exact: true })).toBeHidden();
  await expect(share).toBeFocused();
});

test('the answers are read out once a slider rests, and nothing before', async ({ page }) => {
  const heard = page.locator('.answers [role=status]');
  await expect(heard).toHaveText('');
  await page.getByRole('slider', { name: 'Concurrency', exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(heard).toHaveText(/^Sequential \$0\.25, 2 h 5 min\. Async \$0\.225, [\d.]+ min, fastest\. Batch API/);
});

test('on a phone the three answers stay in view while inputs change', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole('spinbutton', { name: 'Budget', exact: true }).scrollIntoViewIfNeeded();
  await page.mouse.wheel(0, 300);
  for (const group of GROUPS) await expect(page.getByRole('group', { name: group, exact: true })).toBeInViewport({ ratio: 0.9 });
});

test('the inputs and the table never cover one another while the page scrolls', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  const table = page.getByRole('table', { name: 'Cost by model' });
  await expect(table).toBeVisible();
  const right = await page.getByRole('region', { name: 'Workload' }).evaluate(form => form.getBoundingClientRect().right);
  expect(await page.getByRole('region', { name: 'Cost by model', exact: true }).evaluate(one => one.getBoundingClientRect().left)).toBeGreaterThan(right);
});

test('a manager\'s question is answered without a token', async ({ page }) => {
  await page.getByRole('combobox', { name: 'Start from', exact: true }).selectOption('Classify tickets');
  await page.getByRole('combobox', { name: 'Lengths in', exact: true }).selectOption('pages');
  await type(page, 'API calls', '20,000');
  await type(page, 'Input pages per call', '2');
  await type(page, 'Deadline', '24');
  await type(page, 'Budget', '100');
  await page.getByRole('combobox', { name: 'How often', exact: true }).selectOption('monthly');
  const advice = page.getByRole('region', { name: 'Recommendation' });
  await expect(advice).toContainText('Use the Batch API');
  await expect(advice).toContainText('Run monthly, a month costs $3.38 with Async');
  await expect(page).toHaveURL(/in=1333&out=5&dup=0&deadline=24&budget=100&unit=pages&every=month/);
});

test('the post\'s own workload is one of those to start from', async ({ page }) => {
  await page.getByRole('combobox', { name: 'Start from', exact: true }).selectOption('The post\'s workload');
  await expect.poll(() => allFigures(page)).toEqual({
    'Sequential': { cost: '$0.338', time: '2 h 5 min' },
    'Async': { cost: '$0.304', time: '7.5 min' },
    'Batch API': { cost: '$0.152', time: '< 24 hours' },
  });
});

test('a pasted text is counted on the page', async ({ page }) => {
  await page.locator('summary', { hasText: 'Count from text…' }).click();
  await page.getByRole('textbox', { name: 'Prompt with one input' }).fill('word '.repeat(800));
  await page.getByRole('textbox', { name: 'Example answer' }).fill('label');
  await page.getByRole('button', { name: 'Use these lengths' }).click();
  await expect(page.getByRole('spinbutton', { name: 'Input tokens per call', exact: true })).toHaveValue('1,000');
});

test('the sources of each group of prices are one click away', async ({ page }) => {
  await page.locator('summary', { hasText: 'Sources of these prices' }).click();
  const advice = page.getByRole('region', { name: 'Recommendation' });
  await expect(advice).toContainText('Input and output (20 Nov 2026): 3 independent sources agree.');
  await expect(advice).toContainText('Flex (20 Nov 2026): 2 independent sources agree.');
});

test('a link says what its prices were', async ({ page }) => {
  await page.goto('./#/?model=qwen3.7-plus&calls=1000&in=250&out=50&dup=0&priced=2026-11-12');
  const advice = page.getByRole('region', { name: 'Recommendation' });
  await expect(advice).toContainText('at the prices of 12 Nov 2026: Async then cost $0.144, now $0.18.');
});

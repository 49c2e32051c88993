// What a screen reader says of its own accord while a run goes on.

import { writeFileSync } from 'node:fs';
import { numberedRows } from './support/data';
import { tabTo } from './support/keyboard';
import { BRIEF } from './support/prompts';
import { readyRunner, Runner } from './support/runner';
import { expect, test, type Page } from './support/test';

const KEY = 'sk-heard-04d2';
const ROWS = 80;

/** Everything that any live region has said, in order. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heardSoFar: heard });
    new MutationObserver(changes => {
      for (const { target, addedNodes } of changes) {
        const at = target instanceof Element ? target : target.parentElement;
        const region = at?.closest('[aria-live], [role=status], [role=alert]');
        const silent = !region || region.getAttribute('aria-live') === 'off';
        if (!silent) heard.push(...[...addedNodes].map(node => node.textContent ?? '').filter(text => text.trim() !== ''));
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { heardSoFar: string[] }).heardSoFar);
}

test('the one live region is there from the start, and a run is heard at its quarters, its pause and its end', async ({ page, startMock }) => {
  const mock = await startMock('--api-key', KEY, '--latency-ms', '400', '--hold-from', '50');
  await page.goto('./');
  await expect(page.locator('[aria-live=polite]')).toHaveCount(1);
  const runner = await readyRunner(page, numberedRows(ROWS), {
    'System prompt': BRIEF, 'Base URL': mock.baseUrl, 'API key': KEY, 'User prompt': '{{name}}', 'Concurrency': 4,
  });
  const heard = await listen(page);
  await runner.start();
  await runner.untilDone(46);
  await runner.pause(mock);
  await expect.poll(heard).toContainEqual(expect.stringContaining('Paused by you'));
  await runner.button('Resume').click();
  await runner.untilFinished();
  await expect.poll(heard).toContainEqual(expect.stringContaining('Finished'));
  const said = await heard();
  const percents = said.flatMap(line => /^(\d+)% of 80 rows done/.exec(line)?.slice(1).map(Number) ?? []);
  for (const quarter of [25, 50, 75]) {
    expect(percents.some(percent => percent >= quarter && percent < quarter + 25), `${quarter}% in ${percents}`).toBe(true);
  }
  expect(said.length, `milestones, not every row: ${said.join(' | ')}`).toBeLessThan(16);
});

/**
 * What is read of the page at five moments; `moment-1.yml` and so on lie beside the results. In real time: a faster run would
 * be over while it is read.
 */
test('a run by the keyboard alone says at every moment where it is and what can be done', async ({ page }, testInfo) => {
  const runner = new Runner(page);
  let moment = 0;
  const reads = async (...parts: string[]) => {
    const tree = await page.getByRole('main').ariaSnapshot();
    moment += 1;
    writeFileSync(testInfo.outputPath(`moment-${moment}.yml`), tree);
    for (const part of parts) expect(tree).toContain(part);
  };
  await runner.open();
  await reads('heading "Run a batch"', 'text: Step 1 of 4', 'button "Data file"', 'button "Sample data"');
  await tabTo(page, 'button', 'Sample data');
  await page.keyboard.press('Enter');
  await expect(page.getByText(/\b500 rows\b/).first()).toBeVisible();
  await tabTo(page, 'textbox', 'Budget');
  await page.keyboard.type('0.50');
  await page.keyboard.press('Tab');
  await expect(runner.button('Start run')).toBeEnabled();
  await reads('strong: sample.csv', 'textbox "Budget"', '0.50', 'region "Before you start"', 'button "Start run"');
  await tabTo(page, 'button', 'Start run');
  await page.keyboard.press('Enter');
  await runner.untilDone(20);
  await tabTo(page, 'button', 'Pause');
  await reads('status "Run status"', 'of 500 rows', 'of $0.50', 'progressbar "Run progress"', 'button "Pause"');
  await page.keyboard.press('Enter');
  await expect(runner.status).toContainText('Paused by you');
  await reads('Paused by you', 'button "Resume"', 'button "Stop"');
  await tabTo(page, 'button', 'Resume');
  await page.keyboard.press('Enter');
  await runner.untilFinished();
  await reads('Finished: 500 answered', 'heading "Answers"', 'heading "Results"', 'button "Export CSV"');
});

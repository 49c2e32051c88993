// The run page before a run: the three ways to give data, the steps that open, and the card that names what to fix.

import { Runner, sampleRunner } from './support/runner';
import { expect, test } from './support/test';

test('the empty page shows three ways to give data, and opens the steps once there is some', async ({ page }) => {
  const runner = new Runner(page);
  await runner.open();
  await expect(page.getByLabel('Data file', { exact: true })).toBeVisible();
  const steps = page.getByRole('heading', { level: 2 });
  await expect(steps).toHaveText(['Data']);
  await expect(runner.button('Start run')).toHaveCount(0);

  await runner.button('Paste text').click();
  const pasted = page.getByRole('textbox', { name: 'Pasted text', exact: true });
  await expect(pasted).toBeFocused();
  await pasted.fill('I liked it, mostly\nShe said "never again"');
  await expect(page.getByRole('switch', { name: 'The first line names the columns' })).not.toBeChecked();
  await runner.button('Use this text').click();
  await expect(page.getByText(/\b2 rows, 1 column\b/)).toBeVisible();
  await expect(steps).toHaveText(['Data', 'Prompt', 'Provider', 'Limits', 'Trial', 'Compare models', 'Before you start']);
  await expect(runner.field('User prompt')).toHaveValue('{{text}}');
  await expect(page.getByRole('region', { name: 'Preview' })).toContainText('I liked it, mostly');
});

test('what has to be fixed is a link that leads to its field, also to one under More', async ({ page }) => {
  const runner = await sampleRunner(page);
  const card = page.getByRole('region', { name: 'Before you start' });
  await runner.enter({ 'Budget': '0,05' });
  await runner.field('Budget').blur();
  await expect(card).toContainText('Fix 1 field to see the estimate');
  await runner.enter({ 'Timeout': 0 });
  await runner.openMore();
  await runner.disclosure('More').last().locator('> summary').click();
  await expect(runner.field('Timeout')).toBeHidden();
  await card.getByRole('link', { name: 'Timeout', exact: true }).click();
  await expect(runner.field('Timeout')).toBeFocused();
  await runner.field('Timeout').fill('');
  await card.getByRole('link', { name: 'Budget', exact: true }).click();
  await expect(runner.field('Budget')).toBeFocused();
  await runner.field('Budget').fill('0.05');
  await expect(card).toContainText('up to $');
});

test('five tried rows bring the estimate to a figure, until the settings are others', async ({ page }) => {
  const runner = await sampleRunner(page);
  const card = page.getByRole('region', { name: 'Before you start' });
  await expect(card).toContainText('up to $');
  await runner.button('Try 5 rows').click();
  await expect(card).toContainText(/about \$[\d.]+/);
  await expect(card).toContainText('from the 5 rows you tried');
  await card.getByRole('link', { name: 'See the 5 answers' }).click();
  await expect(page.getByRole('heading', { name: 'Trial', exact: true })).toBeFocused();
  await runner.enter({ 'Budget': '1' });
  await expect(card).toContainText('from the 5 rows you tried');
  await runner.enter({ 'Max output tokens': 32 });
  await expect(card).toContainText('up to $');
});

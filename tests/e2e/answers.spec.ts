// Answer formats, as a person meets them: typed, refused, asked for, marked, taken home.

import { records, readJsonl } from './support/data';
import { sampleRunner } from './support/runner';
import { expect, fastTest, test } from './support/test';

const CATEGORIES = ['produce', 'cleaning', 'dairy', 'meat', 'snacks', 'beverages', 'frozen', 'bakery', 'other'];
const SCHEMA = {
  type: 'object',
  properties: {
    shelf: { type: 'string', enum: ['cold', 'dry'] },
    price: { type: 'number', minimum: 1, maximum: 9 },
    maker: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false },
  },
  required: ['shelf', 'price', 'maker'],
  additionalProperties: false,
};

fastTest('labels: the prompt\'s own list is offered, answers are normalised, and misfits are marked', async ({ page }) => {
  const runner = await sampleRunner(page);
  const format = page.getByRole('combobox', { name: 'Answer format', exact: true });
  await format.selectOption('Labels');
  const labels = page.getByRole('textbox', { name: 'Labels', exact: true });
  await expect(labels).toHaveValue(CATEGORIES.join('\n'));

  await labels.fill('dairy\nDairy');
  await labels.blur();
  await expect(labels).toHaveAccessibleDescription(/differ only by case/);
  await labels.fill(CATEGORIES.join('\n'));
  const reasks = page.getByLabel('Re-ask when the answer doesn\'t fit', { exact: true });
  await reasks.fill('6');
  await expect(reasks, 'not in the middle of a word').not.toHaveAccessibleDescription(/from 0 to 5/);
  await reasks.blur();
  await expect(reasks).toHaveAccessibleDescription(/from 0 to 5/);
  await reasks.fill('0');

  await runner.start();
  await runner.untilFinished();
  const csv = records(await runner.export('Export CSV'));
  const misfits = csv.filter(row => row.state === 'misfit');
  const answered = csv.filter(row => row.result !== '' || row.state === 'misfit');
  expect(misfits.length, 'the Demo misses the format now and then').toBeGreaterThan(0);
  expect(misfits.length).toBeLessThan(answered.length / 5);
  for (const row of answered) {
    if (row.misfit === '') {
      expect(CATEGORIES).toContain(row.result);
    } else {
      expect(row.result, 'what doesn\'t fit is no result').toBe('');
      expect(CATEGORIES).not.toContain(row.raw);
    }
  }
  const raw = readJsonl(await runner.export('Export JSONL')).filter(line => 'raw' in line && line.state !== 'misfit');
  expect(raw.length, 'some labels came dressed up, and their own words are kept').toBeGreaterThan(0);
  for (const line of raw) expect(CATEGORIES).toContain(line.result);

  const open = page.getByRole('button', { name: `Open row ${misfits[0].id}`, exact: true });
  await page.getByLabel('Search results', { exact: true }).fill(misfits[0].raw);
  await expect(open).toBeVisible();
  await expect(page.getByRole('cell', { name: /^Doesn't fit/ }).first()).toBeVisible();
  await open.click();
  await expect(page.getByRole('dialog')).toContainText('The answer is none of the labels.');
});

// In real time: a check has a deadline, and the validator's own clock doesn't run faster.
test('a JSON schema: faults are told in their place, fields become columns, misfits are asked again', async ({ page }) => {
  const runner = await sampleRunner(page);
  await runner.expand('How the Demo behaves');
  await page.getByLabel('Demo latency', { exact: true }).fill('20');
  await page.getByRole('combobox', { name: 'Answer format', exact: true }).selectOption('JSON schema');
  const schema = page.getByRole('textbox', { name: 'JSON schema', exact: true });
  await schema.fill('{"type": "object",\n "properties": }');
  await schema.blur();
  await expect(schema).toHaveAccessibleDescription(/At line 2, column 16/);
  await schema.fill('{"type": "object", "properties": {"shelf": {"type": "text"}}}');
  await expect(schema).toHaveAccessibleDescription(/At properties\.shelf\.type/);
  await schema.fill('{"type": "object", "properties": {"shelf": {"type": "string", "pattern": "("}}}');
  await runner.button('Start run').click();
  await expect(page.getByText(/At properties\.shelf\.pattern/).first()).toBeVisible();

  await schema.fill(JSON.stringify(SCHEMA, null, 2));
  await page.getByLabel('Re-ask when the answer doesn\'t fit', { exact: true }).fill('3');
  await runner.start();
  await runner.untilFinished();
  const text = await runner.export('Export CSV');
  expect(text.split('\r\n')[0]).toContain(',result,shelf,price,maker.name,state,');
  const answered = records(text).filter(row => row.result !== '');
  expect(answered.length).toBeGreaterThan(490);
  for (const row of answered) {
    expect(row.misfit, 'asked up to four times, all fit').toBe('');
    expect(['cold', 'dry']).toContain(row.shelf);
    expect(Number(row.price)).toBeGreaterThanOrEqual(1);
    expect(row['maker.name']).not.toBe('');
  }
  const asked = answered.filter(row => Number(row.attempts) > 1);
  expect(asked.length, 'the Demo misses the schema now and then').toBeGreaterThan(0);
  const lines = readJsonl(await runner.export('Export JSONL'));
  expect(lines[0].maker).toEqual({ name: answered[0]['maker.name'] });
});

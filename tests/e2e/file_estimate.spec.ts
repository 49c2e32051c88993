// The calculator takes a data file: its rows, repeats and tokens become the inputs, and nothing is sent anywhere.

import { expect, test } from './support/test';

test("a file's rows, duplicates and tokens fill the calculator", async ({ page }) => {
  const names = Array.from({ length: 90 }, (_, row) => `Product number ${row} with some words`);
  const lines = [...names, ...names.slice(0, 10)].map((name, row) => `${row},${name}`);
  await page.goto('./#/?model=gpt-4o&out=70');
  await page.getByRole('button', { name: 'Estimate from a file', exact: true }).click();
  await page.getByLabel('Data file', { exact: true }).setInputFiles({
    name: 'products.csv', mimeType: 'text/csv', buffer: Buffer.from(`id,name\n${lines.join('\n')}\n`),
  });
  await expect(page.getByText(/products\.csv: 100 rows, 10 of them duplicates at no cost/)).toBeVisible();
  await expect(page).toHaveURL(/calls=100\b.*dup=10\b/);
  await expect(page).toHaveURL(/model=gpt-4o&.*out=70/);
  await expect(page.getByRole('spinbutton', { name: 'API calls', exact: true })).toHaveValue('100');
});

test('the run page works after a file was estimated, with that file', async ({ page }) => {
  await page.goto('./');
  await page.getByRole('button', { name: 'Estimate from a file', exact: true }).click();
  await page.getByLabel('Data file', { exact: true }).setInputFiles({
    name: 'products.csv', mimeType: 'text/csv', buffer: Buffer.from('id,name\n1,a\n2,b\n3,c\n'),
  });
  await expect(page.getByText(/products\.csv: 3 rows/)).toBeVisible();
  await page.getByRole('button', { name: 'Run this', exact: true }).click();
  await expect(page.getByText(/3 rows/).first()).toBeVisible();
  await page.getByRole('button', { name: 'Sample data', exact: true }).click();
  await expect(page.getByText(/500 rows/).first()).toBeVisible();
});

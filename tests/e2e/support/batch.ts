// The simulated provider's Batch API: its books, and what it is told to do.

import type { Mock } from './mock';

export interface Books {
  jobs: { id: string; status: string; rows: number; completed: number; failed: number; billed_pico: string }[];
  files: number;
  billed_pico: string;
  billed_rows: number;
  billed_twice: string[];
  result_bytes: number;
}

export async function books(mock: Mock): Promise<Books> {
  return (await fetch(`${mock.http}/__batches`)).json() as Promise<Books>;
}

export async function setBatch(mock: Mock, changes: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${mock.http}/__batches/set`, {
    method: 'POST', body: JSON.stringify(changes), headers: { 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`the simulated Batch API refused: ${await answer.text()}`);
}

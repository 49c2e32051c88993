// Data files for the tests, and readers of what the page exports that share no code with it.

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { REPO } from './mock';

export const MOVIES_HEADER = 'id,title,major_genre,year,rating';
const MOVIES_ROWS = 3_200;
const MOVIES_REPEATS = 24;

export interface DataFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** 3,200 films, 24 of their titles repeated: the real list where it lies beside the checkout, else one of its shape. */
export function movies(): DataFile {
  const real = process.env.PENNYBATCH_MOVIES ?? resolve(REPO, '../shared/data/movies.csv');
  const text = existsSync(real) ? readFileSync(real, 'utf8') : inventedMovies();
  return csvFile('movies.csv', text);
}

export function csvFile(name: string, text: string): DataFile {
  return { name, mimeType: 'text/csv', buffer: Buffer.from(text) };
}

/** `id,name` and as many rows, each with a name of its own. */
export function numberedRows(count: number, word = 'Row'): DataFile {
  const rows = Array.from({ length: count }, (_, row) => `r${row},${word} ${row}`);
  return csvFile('rows.csv', ['id,name', ...rows, ''].join('\n'));
}

/** The first `count` rows of a CSV file. */
export function firstRows(file: DataFile, count: number): DataFile {
  return csvFile(file.name, writeCsv(readCsv(file.buffer.toString()).slice(0, count + 1)));
}

/** Quoted commas and quotes, bare numbers, garbled accents, empty cells and CRLF, as the real list has them. */
function inventedMovies(): string {
  const words = ['Night', 'River', 'L\u00C8on', 'Summer, Again', 'The "Last" Train', '1776', 'Glass', 'North', 'Harbor'];
  const genres = ['Drama', 'Comedy', 'Action', 'Horror', ''];
  const titles = Array.from({ length: MOVIES_ROWS - MOVIES_REPEATS }, (_, film) =>
    film < 9 ? `${300 + film}` : `${words[film % words.length]} ${words[(film >> 3) % words.length]} ${film}`);
  for (let repeat = 0; repeat < MOVIES_REPEATS; repeat++) {
    titles.splice(200 + repeat * 120, 0, titles[repeat * 90]);
  }
  const rows = titles.map((title, film) =>
    [`${film + 1}`, title, genres[film % 5], `${1915 + (film % 110)}`, film % 15 ? (film % 90 / 10 + 1).toFixed(1) : '']);
  return writeCsv([MOVIES_HEADER.split(','), ...rows]);
}

function writeCsv(rows: string[][]): string {
  const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return rows.map(row => `${row.map(quoted).join(',')}\r\n`).join('');
}

/** RFC 4180. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (letter === '"') {
      quoted = true;
    } else if (letter === ',') {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') {
      rows.push([...row, cell.replace(/\r$/, '')]);
      row = [];
      cell = '';
    } else {
      cell += letter;
    }
  }
  return cell === '' && row.length === 0 ? rows : [...rows, [...row, cell]];
}

/** One object a row, by the header. */
export function records(csv: string): Record<string, string>[] {
  const [header, ...rows] = readCsv(csv);
  return rows.map(row => Object.fromEntries(header.map((name, place) => [name, row[place] ?? ''])));
}

export interface ResultLine {
  id: string;
  result: string;
  [more: string]: unknown;
}

export function readJsonl(text: string): ResultLine[] {
  return text.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as ResultLine);
}

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

type Cells = Record<string, string>;

const FLAGS = new Set(['burstable', 'bare_metal', 'prev_gen']);
const NUMBERS = new Set(['vcpus', 'memory_gib', 'gpu_count', 'price', 'spot_price']);

/** What JSON has for a cell, in the words of shared/data's README: no price is null, no GPU 0. */
const expected = (column: string, text: string): unknown => {
  if (FLAGS.has(column)) return /^(1|true)$/i.test(text);
  if (!NUMBERS.has(column)) return text;
  if (text === '') return column === 'gpu_count' ? 0 : null;
  return Number(text);
};

const keyOf = (row: Record<string, unknown>): string =>
  [row.cloud, row.region, row.zone, row.instance_type].join('\n');

/**
 * Holds the answer of `px pricing ls --all --json` against the file that was imported, cell by cell,
 * with nothing of px's own reading. Throws at the first difference; else gives rows and columns.
 */
export const compareColumns = async (
  list: string,
  answer: string,
): Promise<{ rows: number; columns: number }> => {
  const bytes = await readFile(list);
  const text = list.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  const rows = parse(text, { columns: true }) as Cells[];
  const offers = JSON.parse(await readFile(answer, 'utf8')) as Record<string, unknown>[];
  const found = new Map(offers.map((offer) => [keyOf(offer), offer]));
  for (const row of rows) {
    const offer = found.get(keyOf(row));
    for (const [column, cell] of Object.entries(row)) {
      if (offer?.[column] === expected(column, cell)) continue;
      const where = keyOf(row).replaceAll('\n', ' ');
      throw new Error(`${where}: ${column} is ${String(offer?.[column])}, was ${cell}`);
    }
  }
  if (found.size !== rows.length) throw new Error(`${found.size} rows came back of ${rows.length}`);
  return { rows: rows.length, columns: Object.keys(rows[0] ?? {}).length };
};

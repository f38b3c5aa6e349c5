import { parseArgs } from 'node:util';
import type { Case, Row } from './case.ts';
import { jpeg } from './cases/jpeg.ts';
import { lines } from './cases/lines.ts';
import { pricing } from './cases/pricing.ts';
import { warm } from './cases/warm.ts';
import { openWorld } from './world.ts';

/** Every case of the bench: adding one is a file and a row. */
const cases: readonly Case[] = [warm, jpeg, lines, pricing];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, rounds: { type: 'string' } },
});

const text = (row: Row): string[] => [
  row.case,
  row.what,
  row.ms === null ? '-' : `${row.ms.toFixed(0)} ms`,
  row.ratio === null ? '' : `${row.ratio.toFixed(2)} x`,
  row.goal,
  row.note,
];

const print = (rows: readonly Row[]): void => {
  const table = [['case', 'what', 'median', 'ratio', 'goal', 'note'], ...rows.map(text)];
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...table.map((row) => row[at]?.length ?? 0)));
  for (const row of table) {
    const cells = row.map((cell, at) => cell.padEnd(widths[at] ?? 0));
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
};

const chosen = cases.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const quick = values.quick ?? false;
const world = await openWorld(process.env, {
  quick,
  rounds: Number(values.rounds ?? (quick ? 1 : 3)),
});
const rows: Row[] = [];
try {
  for (const each of chosen) rows.push(...(await each.run(world)));
} finally {
  await world.close();
}
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
else print(rows);

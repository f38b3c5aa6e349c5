import type { Row } from './case.ts';

const HEAD = ['case', 'what', 'median', 'ratio', 'goal', 'note'];

const cellsOf = (row: Row): string[] => [
  row.case,
  row.what,
  row.ms === null ? '-' : `${row.ms.toFixed(0)} ms`,
  row.ratio === null ? '' : `${row.ratio.toFixed(2)} x`,
  row.goal,
  row.note,
];

/** The rows as lines of a table; the last column is not padded. */
export const tableOf = (rows: readonly Row[]): string[] => {
  const table = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.slice(0, -1).map((_, at) =>
    Math.max(...table.map((cells) => cells[at]?.length ?? 0)),
  );
  return table.map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

import stringWidth from 'string-width';
import { visible } from './visible.ts';

/** How a table is laid out: `columns` is the width of the terminal, null where there is none. */
export interface TableLayout {
  columns: number | null;
  bold: boolean;
}

const GAP = '  ';
/** 8 columns: a cell that is cut below that says nothing any more. */
const MIN_CUT_COLUMNS = 8;

const cut = (text: string, width: number): string => {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const char of text) {
    const next = stringWidth(char);
    if (used + next > width - 1) break;
    kept += char;
    used += next;
  }
  return `${kept}…`;
};

const pad = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/**
 * Takes columns from the widest column until the line fits, or nothing sensible is left to take. The
 * first one names the row, to be typed into the next command: it stays whole.
 */
const fitWidths = (widths: readonly number[], columns: number): number[] => {
  const fitted = [...widths];
  let over = sum(fitted) + GAP.length * (fitted.length - 1) - columns;
  while (over > 0) {
    const others = fitted.slice(1);
    const width = Math.max(...others);
    const widest = fitted.indexOf(width, 1);
    const second = Math.max(MIN_CUT_COLUMNS, ...others.filter((_, index) => index !== widest - 1));
    if (width <= MIN_CUT_COLUMNS) break;
    const take = Math.min(over, Math.max(1, width - second));
    fitted[widest] = width - take;
    over -= take;
  }
  return fitted;
};

/** The lines of a table: aligned and cut to the terminal, or with tabs between whole cells. */
export const renderTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  layout: TableLayout,
): string[] => {
  const cells = [head, ...rows].map((row) => row.map(visible));
  if (layout.columns === null) return cells.map((row) => row.join('\t'));
  const natural = head.map((_, index) =>
    Math.max(...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  const widths = fitWidths(natural, layout.columns);
  const { columns } = layout;
  const lines = cells.map((row) => {
    const fitted = row.map((cell, index) => pad(cut(cell, widths[index] ?? 0), widths[index] ?? 0));
    // Where nothing is left to take from, the line ends at the edge instead of running over it.
    return cut(fitted.join(GAP).trimEnd(), columns);
  });
  return lines.map((line, index) =>
    index === 0 && layout.bold ? `\u001b[1m${line}\u001b[22m` : line,
  );
};

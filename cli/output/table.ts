import stringWidth from 'string-width';
import { visible } from './visible.ts';

/** How a table is laid out: `columns` is the width of the terminal, null where there is none. */
export interface TableLayout {
  columns: number | null;
  bold: boolean;
  /** Titles of columns that a narrow terminal does without, the first to go first. */
  spare?: readonly string[];
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

/** What stands where there is nothing to say. */
const NOTHING = '-';

/** Which columns are shown: spare ones go until the rest fits, those that say nothing before the others. */
const chooseColumns = (
  cells: readonly (readonly string[])[],
  widths: readonly number[],
  columns: number,
  spare: readonly string[],
): number[] => {
  const [head = [], ...rows] = cells;
  const saysNothing = (index: number): boolean => rows.every((row) => row[index] === NOTHING);
  const indexes = spare.map((title) => head.indexOf(title));
  const shown = new Set(head.keys());
  const isTooWide = (): boolean =>
    sum([...shown].map((index) => widths[index] ?? 0)) + GAP.length * (shown.size - 1) > columns;
  for (const index of indexes.toSorted((a, b) => Number(saysNothing(b)) - Number(saysNothing(a)))) {
    if (isTooWide()) shown.delete(index);
  }
  return [...shown];
};

/** The lines of a table: aligned and cut to the terminal, or with tabs between whole cells. */
export const renderTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  layout: TableLayout,
): string[] => {
  const all = [head, ...rows].map((row) => row.map(visible));
  const { columns, bold, spare = [] } = layout;
  if (columns === null) return all.map((row) => row.join('\t'));
  const natural = head.map((_, index) =>
    Math.max(...all.map((row) => stringWidth(row[index] ?? ''))),
  );
  const shown = chooseColumns(all, natural, columns, spare);
  const cells = all.map((row) => shown.map((index) => row[index] ?? ''));
  const widths = fitWidths(
    shown.map((index) => natural[index] ?? 0),
    columns,
  );
  const lines = cells.map((row) => {
    const fitted = row.map((cell, index) => pad(cut(cell, widths[index] ?? 0), widths[index] ?? 0));
    // Where nothing is left to take from, the line ends at the edge instead of running over it.
    return cut(fitted.join(GAP).trimEnd(), columns);
  });
  return lines.map((line, index) => (index === 0 && bold ? `\u001b[1m${line}\u001b[22m` : line));
};

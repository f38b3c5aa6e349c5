type Cell = string | number | boolean | null;

const text = (cell: Cell): string => {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? '1' : '0';
  return String(cell);
};

/** One line of CSV as RFC 4180 has it, with a line feed; true and false are 1 and 0, null is empty. */
export const csvLine = (cells: readonly Cell[]): string =>
  `${cells
    .map(text)
    .map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
    .join(',')}\n`;

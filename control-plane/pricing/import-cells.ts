import { got, PxError } from '../../protocol/errors.ts';
import { type Cells, columnsOf } from './csv.ts';
import { PRICED_CLOUDS } from './rates.ts';

/** What is wrong with an imported file. */
export const badImport = (message: string, hint = 'docs/pricing.md lists the columns.'): PxError =>
  new PxError('bad_input', message, { hint });

const missing = (name: string): PxError => badImport(`The file has no column \`${name}\`.`);

const wrong = (line: number, column: string, expected: string, value: string): PxError =>
  badImport(`Line ${line}, column \`${column}\`: expected ${expected}, got ${got(value)}.`);

export const tooManyCells = (line: number, cells: number, columns: number): PxError =>
  badImport(
    `Line ${line}: expected at most ${columns} cells, as the header has them, got ${cells}.`,
    'A value with a comma in it needs quotes; decimals have a point.',
  );

/** The columns of an imported file; blanks around a value are none of it. */
export const importColumns = (header: Cells) => {
  const columns = columnsOf(header, missing);
  const trimmed =
    (cell: (cells: Cells) => string): ((cells: Cells) => string) =>
    (cells) =>
      cell(cells).trim();
  return {
    optional: (name: string) => trimmed(columns.optional(name)),
    required: (name: string) => trimmed(columns.required(name)),
  };
};

export type Columns = ReturnType<typeof importColumns>;
export type Read<T> = (cells: Cells, line: number) => T;

/** A billion: above every size and price there is, and far from what a sum of prices cannot hold. */
const NUMBER_MAX = 1e9;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const numberReader =
  (name: string, cell: (cells: Cells) => string, min: number): Read<number | null> =>
  (cells, line) => {
    const text = cell(cells);
    if (text === '') return null;
    const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= NUMBER_MAX) return value;
    const expected = Number.isNaN(value) ? 'a number' : `a number from ${min} to ${NUMBER_MAX}`;
    throw wrong(line, name, expected, text);
  };

/** Whether a text begins with a day of the calendar; a time may follow it. */
const isDate = (text: string): boolean => {
  const [, day] = /^(\d{4}-\d\d-\d\d)(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?$/.exec(text) ?? [];
  if (day === undefined) return false;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
};

/** Makes the reader of each kind of cell; `columns` finds its column. */
export const cellReaders = (columns: Columns) => ({
  text: (name: string): Read<string> => {
    const cell = columns.required(name);
    return (cells, line) => {
      const text = cell(cells);
      if (text === '') throw wrong(line, name, 'a value', text);
      return text;
    };
  },
  cloud: (): Read<string> => {
    const cell = columns.required('cloud');
    return (cells, line) => {
      const text = cell(cells);
      const name = text.toLowerCase();
      // Of another one nobody knows what a disk and an address cost, so that it would look too cheap.
      if (PRICED_CLOUDS.includes(name)) return name;
      throw wrong(line, 'cloud', PRICED_CLOUDS.join(', '), text);
    };
  },
  amount: (name: string, min: number): Read<number> => {
    const read = numberReader(name, columns.required(name), min);
    return (cells, line) => {
      const value = read(cells, line);
      if (value === null) throw wrong(line, name, 'a number', '');
      return value;
    };
  },
  amountOr0: (name: string): Read<number> => {
    const read = numberReader(name, columns.optional(name), 0);
    return (cells, line) => read(cells, line) ?? 0;
  },
  price: (name: string, isRequired: boolean): Read<number | null> => {
    const cell = isRequired ? columns.required(name) : columns.optional(name);
    return numberReader(name, cell, -NUMBER_MAX);
  },
  flag: (name: string): Read<boolean> => {
    const cell = columns.optional(name);
    return (cells, line) => {
      const text = cell(cells);
      if (text === '1' || text === 'true') return true;
      if (text === '0' || text === 'false' || text === '') return false;
      throw wrong(line, name, '0 or 1', text);
    };
  },
  arch: (): Read<string> => {
    const cell = columns.optional('arch');
    return (cells, line) => {
      const text = cell(cells) || 'x86_64';
      if (text !== 'x86_64' && text !== 'arm64') throw wrong(line, 'arch', 'x86_64 or arm64', text);
      return text;
    };
  },
  /** A date, or empty. */
  date: (name: string): Read<string> => {
    const cell = columns.optional(name);
    return (cells, line) => {
      const text = cell(cells);
      if (text === '' || isDate(text)) return text;
      throw wrong(line, name, 'a date such as 2026-08-01', text);
    };
  },
});

import { Readable } from 'node:stream';
import { CsvError, type Options, parse } from 'csv-parse';
import type { PxError } from '../../protocol/errors.ts';
import { sieve } from './sieve.ts';

/** One line of any list known is under 4 KiB; more is a file without line ends. */
const LINE_MAX_CHARS = 1 << 20;

/** Cells of one line, by position. */
export type Cells = readonly string[];

interface CsvOptions<T> {
  /** Lines above the header. */
  preamble?: number;
  /** Lines without this text cannot count: they are dropped before they are parsed. */
  needle?: string;
  /** Looks at the header once and gives the function that reads a line; null leaves a line out. */
  columns: (header: Cells) => (cells: Cells, line: number) => T | null;
  /** Called with what is wrong with the text itself: an open quote, a line too long. */
  damaged: (message: string) => PxError;
}

/** Position of each column by its name; `find` throws by `missing` where there is none. */
export const columnsOf = (header: Cells, missing: (name: string) => PxError) => {
  const positions = new Map(header.map((name, index) => [name.trim(), index]));
  const optional = (name: string): ((cells: Cells) => string) => {
    const index = positions.get(name);
    return index === undefined ? () => '' : (cells) => cells[index] ?? '';
  };
  return {
    has: (name: string): boolean => positions.has(name),
    optional,
    required: (name: string): ((cells: Cells) => string) => {
      if (!positions.has(name)) throw missing(name);
      return optional(name);
    },
  };
};

const optionsOf = (preamble: number) => ({
  bom: true,
  from_line: preamble + 1,
  max_record_size: LINE_MAX_CHARS,
  // Local Zones and hand-made files have short lines; a cell that is not there is empty.
  relax_column_count: true,
  skip_empty_lines: true,
});

const sieved = <T>(input: Readable, { needle, preamble = 0, damaged }: CsvOptions<T>): Readable => {
  if (needle === undefined) return input;
  const tooLong = (): PxError => damaged(`a line has more than ${LINE_MAX_CHARS} bytes`);
  const options = { needle, head: preamble + 1, recordMaxBytes: LINE_MAX_CHARS, tooLong };
  return Readable.from(sieve(input, options), { objectMode: false });
};

/**
 * Reads CSV as it comes, one line at a time. Lines that `columns` leaves out never leave the parser,
 * so that a list of hundreds of megabytes costs no more than the rows it gives.
 */
export async function* readCsv<T>(input: Readable, options: CsvOptions<T>): AsyncGenerator<T> {
  let read: ((cells: Cells, line: number) => T | null) | null = null;
  let failure: unknown = null;
  const take = (cells: string[], { lines }: { lines: number }): { row: T } | null => {
    if (read === null) {
      read = options.columns(cells);
      return null;
    }
    const row = read(cells, lines);
    return row === null ? null : { row };
  };
  // The parser's types know of no hook that changes what a record is; its documentation does.
  const hook = take as unknown as NonNullable<Options['on_record']>;
  const parser = parse({ ...optionsOf(options.preamble ?? 0), on_record: hook });
  const text = sieved(input, options);
  text.once('error', (error) => {
    failure = error;
    parser.destroy(error);
  });
  try {
    for await (const { row } of text.pipe(parser) as AsyncIterable<{ row: T }>) yield row;
    if (read === null) throw options.damaged('it is empty');
  } catch (cause) {
    if (failure !== null) throw failure;
    if (cause instanceof CsvError) throw options.damaged(cause.message);
    throw cause;
  } finally {
    text.destroy();
    input.destroy();
  }
}

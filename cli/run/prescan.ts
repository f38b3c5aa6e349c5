import { createReadStream } from 'node:fs';
import { LineChecker } from './line-checker.ts';

/** 256 MiB are read in a few tenths of a second; a longer file is checked while it is sent. */
const MAX_BYTES = 256 << 20;

/** 4 MiB of the beginning hold the lines that are looked at one by one. */
const HEAD_BYTES = 4 << 20;

export interface Prescan {
  /** Null where the file is too long to be counted beforehand. */
  lines: number | null;
  /** The first lines, one at a time: a short line is a tenth of the object that shows it. */
  head: Iterable<Uint8Array>;
}

function* split(bytes: Buffer, separator: '\n' | '\0', whole: boolean): Generator<Uint8Array> {
  let from = 0;
  for (let end = bytes.indexOf(separator); end !== -1; end = bytes.indexOf(separator, from)) {
    yield bytes.subarray(from, end);
    from = end + 1;
  }
  if (whole && from < bytes.length) yield bytes.subarray(from);
}

/**
 * Reads an args file once before anything is submitted, so that a line that cannot be an argument
 * costs nothing.
 *
 * @throws PxError `bad_input` with the line's number
 */
export const prescan = async (path: string, separator: '\n' | '\0'): Promise<Prescan> => {
  const checker = new LineChecker(separator);
  const head: Buffer[] = [];
  let headBytes = 0;
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const piece = chunk as Buffer;
    checker.push(piece);
    bytes += piece.length;
    if (headBytes < HEAD_BYTES) {
      head.push(piece);
      headBytes += piece.length;
    }
    if (bytes > MAX_BYTES) break;
  }
  const whole = bytes === headBytes;
  return {
    lines: bytes > MAX_BYTES ? null : checker.lines,
    head: split(Buffer.concat(head), separator, whole),
  };
};

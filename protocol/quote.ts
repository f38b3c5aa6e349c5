import { concat, utf8 } from './bytes.ts';

const QUOTE = 0x27;
const MARK = utf8("'");
const ESCAPED = utf8("'\\''");

/** Bytes as one single-quoted word of POSIX sh; every byte but NUL comes through unchanged. */
export const shellQuote = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const parts: Uint8Array[] = [MARK];
  let from = 0;
  for (let at = bytes.indexOf(QUOTE); at !== -1; at = bytes.indexOf(QUOTE, from)) {
    parts.push(bytes.subarray(from, at), ESCAPED);
    from = at + 1;
  }
  parts.push(bytes.subarray(from), MARK);
  return concat(parts);
};

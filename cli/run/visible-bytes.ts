const TAB = 0x09;
const NEWLINE = 0x0a;
const DEL = 0x7f;

const isControl = (byte: number): boolean =>
  (byte < 0x20 && byte !== TAB && byte !== NEWLINE) || byte === DEL;

/** Length of the UTF-8 sequence at `at`, 0 where there is none. */
const sequenceLength = (bytes: Uint8Array, at: number): number => {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  for (let next = at + 1; next < at + length; next += 1) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return first > 0xf4 ? 0 : length;
};

/** U+0080–U+009F are controls too: U+009B starts a sequence as ESC [ does. */
const isC1 = (bytes: Uint8Array, at: number, length: number): boolean =>
  length === 2 && bytes[at] === 0xc2 && (bytes[at + 1] ?? 0) < 0xa0;

const caret = (byte: number): string => `^${String.fromCharCode(byte ^ 0x40)}`;
const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

const PLAIN = /^[\t\n\x20-\x7e]*$/;

/**
 * Bytes of a program as they may stand on a terminal among those of others: control characters but
 * tab and newline, and bytes that are no UTF-8, are made visible (`^[`, `\x9b`).
 */
export const visibleBytes = (bytes: Uint8Array): Uint8Array => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (PLAIN.test(buffer.toString('latin1'))) return bytes;
  const parts: (Uint8Array | string)[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const length = sequenceLength(bytes, at);
    const hidden = length === 0 || isControl(byte) || isC1(bytes, at, length);
    if (!hidden) {
      at += length;
      continue;
    }
    parts.push(bytes.subarray(from, at), isControl(byte) ? caret(byte) : hex(byte));
    if (length === 2) parts.push(hex(bytes[at + 1] ?? 0));
    at += Math.max(1, length);
    from = at;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
};

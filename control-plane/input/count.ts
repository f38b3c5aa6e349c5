const LOW_BITS = 0x7f7f7f7f;
const ONES = 0x01010101;

/** 255 words: each byte of the sum counts one of their four bytes, and holds no more. */
const WORDS_A_SUM = 255;

/** 64 bytes: a shorter range is counted before the words are laid out. */
const WORTH_BYTES = 64;

const countEach = (bytes: Uint8Array, byte: number, from: number, to: number): number => {
  let count = 0;
  for (let at = from; at < to; at++) if (bytes[at] === byte) count += 1;
  return count;
};

const countWords = (words: Int32Array, byte: number): number => {
  const pattern = Math.imul(byte, ONES);
  let count = 0;
  for (let first = 0; first < words.length; first += WORDS_A_SUM) {
    const last = Math.min(first + WORDS_A_SUM, words.length);
    let sums = 0;
    for (let at = first; at < last; at++) {
      const left = (words[at] ?? 0) ^ pattern;
      // The top bit of each byte of `left`, where any bit of it is set: 1 where the byte is 0.
      sums = (sums + (~((((left & LOW_BITS) + LOW_BITS) | left) >>> 7) & ONES)) | 0;
    }
    count += (sums & 0xff) + ((sums >>> 8) & 0xff) + ((sums >>> 16) & 0xff) + (sums >>> 24);
  }
  return count;
};

/**
 * How often a byte stands in a range. Four bytes at a time: short lines make `indexOf` slow, and one at a
 * time takes three times as long.
 */
export const countOf = (bytes: Uint8Array, byte: number, from: number, to: number): number => {
  const end = Math.min(to, bytes.length);
  if (end - from < WORTH_BYTES) return countEach(bytes, byte, from, end);
  const start = from + (-(bytes.byteOffset + from) & 3);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, (end - start) >> 2);
  const rest = start + words.length * 4;
  const edges = countEach(bytes, byte, from, start) + countEach(bytes, byte, rest, end);
  return edges + countWords(words, byte);
};

const LINE_END = 0x0a;
const QUOTE = 0x22;

interface SieveOptions {
  /** Records without this text are dropped. */
  needle: string;
  /** Records at the start that are kept whatever they say: a preamble and the header. */
  head: number;
  /** A record that is longer throws what `tooLong` gives. */
  recordMaxBytes: number;
  tooLong: () => Error;
}

/** Ends of the records in a chunk: line ends outside of quotes. `isQuoted` goes on into the next one. */
const createEnds = () => {
  let isQuoted = false;
  return (bytes: Uint8Array): number[] => {
    const ends: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === QUOTE) isQuoted = !isQuoted;
      else if (byte === LINE_END && !isQuoted) ends.push(at + 1);
    }
    return ends;
  };
};

/**
 * Gives memory back that is a chunk's own, without waiting for the collector: that counts external
 * bytes too late, and a fast download has a hundred megabytes of them lying about.
 */
const release = ({ buffer, byteLength }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
};

/**
 * Drops the records of a CSV text that cannot count, by their bytes: a parser would make a string of
 * every cell first. The chunks of the input are used up.
 */
export async function* sieve(
  input: AsyncIterable<Uint8Array>,
  { needle, head, recordMaxBytes, tooLong }: SieveOptions,
): AsyncGenerator<Uint8Array> {
  const endsOf = createEnds();
  let left = head;
  /** The record whose end has not come yet. */
  let begun: Buffer = Buffer.alloc(0);
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const kept: Buffer[] = [];
    let start = 0;
    let found = bytes.indexOf(needle);
    for (const end of endsOf(bytes)) {
      if (found !== -1 && found < start) found = bytes.indexOf(needle, start);
      // The first record of a chunk may have its beginning, and the needle, in the one before.
      const record = begun.length === 0 ? null : Buffer.concat([begun, bytes.subarray(0, end)]);
      const counts = record === null ? found !== -1 && found < end : record.includes(needle);
      if (left-- > 0 || counts) kept.push(record ?? bytes.subarray(start, end));
      begun = Buffer.alloc(0);
      start = end;
    }
    begun = Buffer.concat([begun, bytes.subarray(start)]);
    if (begun.length > recordMaxBytes) throw tooLong();
    const rest = Buffer.concat(kept);
    release(chunk);
    if (rest.length > 0) yield rest;
  }
  if (begun.length > 0) yield begun;
}

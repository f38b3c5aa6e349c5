/** 300 bytes: such a message is one short line. */
const MAX_BYTES = 300;

/** What a shell says of a command that it does not find; `px` is the name that it runs under. */
const NOT_FOUND = /^px: (line )?(\d+: )?[^\n]*: (command )?not found\n$/;

/** Drops what the shell of each partition says alike about a command that is missing. */
export class RepeatedWords {
  readonly #seen = new Set<string>();

  /** Whether these bytes of stderr were said before, word for word. */
  isRepeat(bytes: Uint8Array): boolean {
    if (bytes.length > MAX_BYTES) return false;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    if (!NOT_FOUND.test(text)) return false;
    if (this.#seen.has(text)) return true;
    this.#seen.add(text);
    return false;
  }
}

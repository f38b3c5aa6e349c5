/** Keeps the last bytes that are written to it, and passes all on. */
export class Tail {
  readonly full = false;
  readonly #limit: number;
  readonly #pass: (bytes: Uint8Array) => void;
  #held: Buffer = Buffer.alloc(0);

  constructor(limit: number, pass: (bytes: Uint8Array) => void) {
    this.#limit = limit;
    this.#pass = pass;
  }

  write(bytes: Uint8Array): void {
    this.#pass(bytes);
    this.#held = Buffer.concat([this.#held, bytes]).subarray(-this.#limit);
  }

  /** It is never full: nobody has to wait. */
  onRoom(call: () => void): void {
    call();
  }

  text(): string {
    return this.#held.toString();
  }
}

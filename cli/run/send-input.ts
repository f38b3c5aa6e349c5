import { createHash } from 'node:crypto';
import type { Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { INPUT_APPEND_MAX_BYTES } from '../../protocol/messages/jobs.ts';
import { InputFile } from './input-file.ts';
import { pieces } from './pieces.ts';
import { backoffMs, heals, type Patience, untilItWorks } from './retry.ts';
import { Spaces } from './spaces.ts';

interface SendOptions extends Patience {
  connect: () => Promise<Client>;
  job: string;
  bytes: AsyncIterable<Uint8Array>;
  /** The folder of the control plane's files, where it is on this machine. */
  files?: string | null;
  /** Looks at the bytes before they go out; throws where they must not. */
  check?: (bytes: Buffer) => void;
}

interface Piece {
  offset: number;
  bytes: Uint8Array<ArrayBuffer>;
}

interface InFlight extends Piece {
  /** Null where it is durable. */
  failure: Promise<unknown>;
}

/** 512 KiB: fetch copies every body, and larger ones pile up before they are collected. */
const PIECE_BYTES = 512 << 10;

/** Where nothing is copied: each piece is a sync and a commit of the control plane. */
const NEAR_PIECE_BYTES = INPUT_APPEND_MAX_BYTES;

/** 64 KiB: a short piece goes ahead, whose answer says where the file for all others is. */
const AHEAD_BYTES = 64 << 10;

/** Two requests: one is on the wire while the other is made durable. */
const IN_FLIGHT = 2;

/** 15 s of silence: a quarter of what the control plane allows a sender. */
const HEARTBEAT_MS = 15_000;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Appends pieces in order, two at a time; what got lost is sent again from what is durable. */
class Appender {
  readonly #options: SendOptions;
  readonly #file: InputFile;
  readonly #spaces: Spaces;
  #flying: InFlight[] = [];
  #offset = 0;
  /** Appends in a row that failed. */
  #failures = 0;
  /** Whether something was appended since the last heartbeat. */
  busy = false;

  constructor(options: SendOptions) {
    this.#options = options;
    this.#file = new InputFile(options.files ?? null);
    this.#spaces = new Spaces(this.#isNear ? NEAR_PIECE_BYTES : PIECE_BYTES);
  }

  get #isNear(): boolean {
    return (this.#options.files ?? null) !== null;
  }

  /** The bytes of the source, gathered for `append`. */
  pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const { bytes, sleep, signal } = this.#options;
    const firstBytes = this.#isNear ? AHEAD_BYTES : PIECE_BYTES;
    return pieces(bytes, { spaces: this.#spaces, firstBytes, sleep, signal });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  get length(): number {
    return this.#offset;
  }

  /** @param bytes from `pieces`; they are used until they are durable */
  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const most = this.#isNear && !this.#file.isKnown ? 1 : IN_FLIGHT;
    while (this.#flying.length >= most) await this.#land();
    this.#send({ offset: this.#offset, bytes });
    this.#offset += bytes.length;
  }

  async finish(): Promise<void> {
    while (this.#flying.length > 0) await this.#land();
  }

  #send(piece: Piece): void {
    this.busy = true;
    const { connect, job, signal } = this.#options;
    const post = async (): Promise<null> => {
      const { bytes, offset } = piece;
      const place = { offset, sha256: sha256(bytes) };
      const isWritten = await this.#file.write(bytes, offset);
      const body = isWritten
        ? { query: { ...place, length: bytes.length } }
        : { query: place, bytes };
      const client = await connect();
      const status = await client.call('inputAppend', { params: { id: job }, ...body, signal });
      this.#file.found(status.file);
      return null;
    };
    this.#flying.push({ ...piece, failure: post().catch((error: unknown) => error ?? 'failed') });
  }

  async #land(): Promise<void> {
    const [first] = this.#flying;
    const failure = await first?.failure;
    this.#options.signal.throwIfAborted();
    if (failure !== null) return this.#resend(failure);
    this.#flying.shift();
    if (first !== undefined) this.#spaces.giveBack(first.bytes);
    this.#failures = 0;
  }

  async #resend(failure: unknown): Promise<void> {
    const outOfStep = failure instanceof PxError && failure.code === 'offset_mismatch';
    // What is wrong with the file is no reason to fail.
    if (!heals(failure) && !outOfStep && !this.#file.giveUp()) throw failure;
    const pieces = this.#flying;
    await Promise.all(pieces.map((piece) => piece.failure));
    // One failure is a hiccup, and being out of step heals at once.
    if (this.#failures === 1 && !outOfStep) this.#options.onTrouble?.(failure);
    await this.#options.sleep(backoffMs(this.#failures), this.#options.signal);
    this.#failures += 1;
    const { length } = await untilItWorks(async () => {
      const client = await this.#options.connect();
      return client.call('inputStatus', { params: { id: this.#options.job } });
    }, this.#options);
    this.#flying = [];
    for (const { offset, bytes } of pieces) {
      const durable = Math.max(0, length - offset);
      if (durable >= bytes.length) this.#spaces.giveBack(bytes);
      else this.#send({ offset: offset + durable, bytes: bytes.subarray(durable) });
    }
  }
}

const keepAlive = async (options: SendOptions, appender: Appender, stop: AbortSignal) => {
  for (;;) {
    await options.sleep(HEARTBEAT_MS, stop);
    if (stop.aborted) return;
    if (appender.busy) appender.busy = false;
    else {
      const call = async () =>
        (await options.connect()).call('inputHeartbeat', { params: { id: options.job } });
      // The next one is 15 s away, and the appends tell of trouble themselves.
      await call().catch(() => {});
    }
  }
};

const seal = async (options: SendOptions, length: number, digest: string): Promise<void> => {
  const params = { id: options.job };
  await untilItWorks(async () => {
    const client = await options.connect();
    try {
      await client.call('inputSeal', { params, json: { length, sha256: digest } });
    } catch (error) {
      if (!(error instanceof PxError && error.code === 'input_sealed')) throw error;
      // The reply of a first try was lost.
      const status = await client.call('inputStatus', { params });
      if (!status.sealed || status.length !== length) throw error;
    }
  }, options);
};

/**
 * Sends the whole input and seals it. Memory: two pieces in flight, one that waits for them and one that is gathered.
 *
 * @throws what `check` throws, the signal's reason, or what the control plane refuses for good
 */
export const sendInput = async (options: SendOptions): Promise<void> => {
  const appender = new Appender(options);
  const hash = createHash('sha256');
  const stop = new AbortController();
  const alive = keepAlive(options, appender, stop.signal);
  try {
    for await (const bytes of appender.pieces()) {
      options.check?.(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      hash.update(bytes);
      await appender.append(bytes);
    }
    await appender.finish();
    await seal(options, appender.length, hash.digest('hex'));
  } finally {
    stop.abort();
    await appender.close();
    await alive;
  }
};

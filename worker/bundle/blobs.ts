import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readdirSync, writeSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { FrameDecoder } from '../../protocol/frames.ts';
import { BlobFrame } from '../../protocol/messages/bundles.ts';
import type { Connection } from '../connection.ts';

/** 4 GiB of blobs are too much, and half of it is kept. */
const MAX_BYTES = 4 * 2 ** 30;

/** 5,000 blobs are asked for at a time. */
const BATCH = 5_000;

/** A blob that is being written. */
interface Open {
  sha256: string;
  fd: number;
  hash: Hash;
  size: number;
}

/** Content-addressed files of this node, each fetched once. */
export class BlobCache {
  readonly #dir: string;
  readonly #connection: Pick<Connection, 'pieces'>;
  /** Whole and hashed in this life of the worker, with their sizes; the last used stand at the end. */
  readonly #known = new Map<string, number>();
  /** Left by an earlier worker: hashed before their first use. */
  readonly #old = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(dir: string, connection: Pick<Connection, 'pieces'>) {
    this.#dir = dir;
    this.#connection = connection;
  }

  async prepare(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#dir)) this.#old.add(name);
  }

  path(sha256: string): string {
    return join(this.#dir, sha256);
  }

  /** Fetches what is missing, one caller at a time. */
  async ensure(hashes: Iterable<string>, signal: AbortSignal): Promise<void> {
    const wanted = [...new Set(hashes)];
    if (wanted.every((sha256) => this.#use(sha256))) return;
    await this.#inTurn(async () => {
      await this.#checkOld(wanted);
      const missing = wanted.filter((sha256) => !this.#known.has(sha256));
      for (let at = 0; at < missing.length; at += BATCH) {
        await this.#fetch(missing.slice(at, at + BATCH), signal);
      }
    });
  }

  /** Deletes what was not used for longest where all is too much. Nobody may be reading any of it. */
  async trim(): Promise<void> {
    await this.#inTurn(async () => {
      let bytes = [...this.#known.values()].reduce((sum, size) => sum + size, 0);
      if (bytes <= MAX_BYTES) return;
      for (const [sha256, size] of this.#known) {
        if (bytes <= MAX_BYTES / 2) return;
        this.#known.delete(sha256);
        await rm(this.path(sha256), { force: true });
        bytes -= size;
      }
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Whether it is there; then it counts as used now. */
  #use(sha256: string): boolean {
    const size = this.#known.get(sha256);
    if (size === undefined) return false;
    this.#known.delete(sha256);
    this.#known.set(sha256, size);
    return true;
  }

  async #checkOld(hashes: readonly string[]): Promise<void> {
    for (const sha256 of hashes.filter((name) => this.#old.has(name))) {
      this.#old.delete(sha256);
      const hash = createHash('sha256');
      let size = 0;
      for await (const piece of createReadStream(this.path(sha256))) {
        hash.update(piece);
        size += piece.length;
      }
      if (hash.digest('hex') === sha256) this.#known.set(sha256, size);
      else await rm(this.path(sha256));
    }
  }

  async #fetch(hashes: readonly string[], signal: AbortSignal): Promise<void> {
    const decoder = new FrameDecoder();
    let open: Open | null = null;
    try {
      const options = { json: { hashes: [...hashes] }, signal };
      for await (const piece of this.#connection.pieces('workerBlobsFetch', options)) {
        for (const { header, body } of decoder.push(piece)) {
          const { sha256, end } = BlobFrame.parse(header);
          open ??= this.#begin(sha256);
          writeAll(open.fd, body);
          open.hash.update(body);
          open.size += body.length;
          if (!end) continue;
          this.#finish(open, sha256);
          open = null;
        }
      }
    } finally {
      if (open !== null) closeSync(open.fd);
    }
    const missing = hashes.find((sha256) => !this.#known.has(sha256));
    if (missing === undefined) return;
    // The answer broke off: what came is kept, the rest is asked for again.
    throw new PxError('unavailable', `The blob ${missing} did not come.`);
  }

  #begin(sha256: string): Open {
    const fd = openSync(this.path(sha256), 'w', 0o600);
    return { sha256, fd, hash: createHash('sha256'), size: 0 };
  }

  #finish(open: Open, sha256: string): void {
    closeSync(open.fd);
    if (open.sha256 === sha256 && open.hash.digest('hex') === sha256) {
      this.#known.set(sha256, open.size);
      return;
    }
    throw new PxError('hash_mismatch', `The blob ${open.sha256} came with other bytes.`);
  }
}

const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; at += writeSync(fd, bytes, at)) {
    // Each turn writes what the one before left over.
  }
};

import { createHash } from 'node:crypto';
import { concat, fromBase64, utf8 } from '../protocol/bytes.ts';
import { PxError } from '../protocol/errors.ts';
import { INPUT_APPEND_MAX_BYTES } from '../protocol/messages/jobs.ts';
import type { Lease } from '../protocol/messages/worker.ts';
import type { Connection } from './connection.ts';
import type { Host } from './host.ts';
import type { ReadyJob } from './job.ts';
import { commandLine } from './process/command-line.ts';
import { MARKER } from './process/environment.ts';
import { supervise } from './process/supervise.ts';
import type { Supervised } from './process/supervised.ts';
import { Tail } from './process/tail.ts';
import { retrying } from './retry.ts';

const TAIL_BYTES = 4 << 10;

/**
 * The shell expands the pattern, so that it means what it means when typed. No IFS: blanks in it are
 * its own. What names no file (a pattern without a match) is dropped, a dangling link is a name.
 */
const SOURCE = `IFS=
for f in $1; do
  if [ -e "$f" ] || [ -L "$f" ]; then printf '%s\\0' "$f"; fi
done`;

/** Holds what comes, and makes the shell wait while a piece is being sent. */
class Names {
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #onRoom: (() => void)[] = [];
  #onData: (() => void) | null = null;
  isOver = false;

  get full(): boolean {
    return this.#bytes >= INPUT_APPEND_MAX_BYTES;
  }

  write(bytes: Uint8Array): void {
    // A copy: the reader of the pipe uses its buffer again.
    this.#parts.push(new Uint8Array(bytes));
    this.#bytes += bytes.length;
    this.#onData?.();
  }

  onRoom(call: () => void): void {
    this.#onRoom.push(call);
  }

  end(): void {
    this.isOver = true;
    this.#onData?.();
  }

  /** Up to 4 MiB as soon as there are so many, the rest at the end, null after it. */
  async next(): Promise<Uint8Array | null> {
    while (!this.isOver && !this.full) {
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
    if (this.#bytes === 0) return null;
    const all = concat(this.#parts);
    const piece = all.subarray(0, INPUT_APPEND_MAX_BYTES);
    const rest = all.subarray(piece.length);
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    const calls = this.#onRoom;
    this.#onRoom = [];
    for (const call of calls) call();
    return piece;
  }
}

interface GlobDeps {
  host: Host;
  connection: Connection;
  random: () => number;
}

const sendNames = async (
  deps: GlobDeps,
  { job: id, epoch }: Lease,
  names: Names,
  signal: AbortSignal,
): Promise<{ length: number; sha256: string }> => {
  const whole = createHash('sha256');
  let offset = 0;
  for (let piece = await names.next(); piece !== null; piece = await names.next()) {
    const bytes = new Uint8Array(piece);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const options = { params: { id }, query: { offset, sha256, epoch }, bytes, signal };
    await retrying({ clock: deps.host.clock, random: deps.random }, signal, () =>
      deps.connection.call('workerFilesAppend', options),
    );
    whole.update(bytes);
    offset += bytes.length;
  }
  return { length: offset, sha256: whole.digest('hex') };
};

const begin = async (
  host: Host,
  job: ReadyJob,
  names: Names,
  errors: Tail,
): Promise<Supervised> => {
  const { input } = job.spec;
  if (input.kind !== 'files') throw new Error('only a job over files has a glob');
  const marker = host.newMarker();
  const words = ['/bin/sh', '-c', SOURCE, 'px'].map(utf8).concat(fromBase64(input.glob));
  const path = `${host.runDir}/${marker}.glob.sh`;
  const env = { job: job.env, own: { [MARKER]: marker } };
  return await supervise(host, {
    command: () => commandLine({ kind: 'words', words }, job.cwd, () => path, host.user),
    plain: null,
    env,
    marker,
    stdin: null,
    stdout: names,
    stderr: errors,
  });
};

/** Evaluates a job's `--files` glob where its processes start and sends the names as its input. */
export const evaluateGlob = async (
  deps: GlobDeps,
  job: ReadyJob,
  lease: Lease,
  signal: AbortSignal,
): Promise<void> => {
  const names = new Names();
  const errors = new Tail(TAIL_BYTES, () => undefined);
  const process = await begin(deps.host, job, names, errors);
  const stop = (): void => {
    process.end().catch(() => undefined);
  };
  signal.addEventListener('abort', stop, { once: true });
  const ended = process.ended.finally(() => names.end());
  const seal = await sendNames(deps, lease, names, signal).finally(() => {
    signal.removeEventListener('abort', stop);
    stop();
  });
  const exit = await ended;
  signal.throwIfAborted();
  if (exit.code !== 0) {
    throw new PxError('bad_input', `The files could not be listed: ${errors.text()}`);
  }
  const { job: id, epoch } = lease;
  await retrying({ clock: deps.host.clock, random: deps.random }, signal, () =>
    deps.connection.call('workerFilesSeal', {
      params: { id },
      query: { epoch },
      json: seal,
      signal,
    }),
  );
};

import { rm } from 'node:fs/promises';
import { PxError } from '../../protocol/errors.ts';
import {
  INPUT_APPEND_MAX_BYTES,
  type InputSeal,
  type InputStatus,
} from '../../protocol/messages/jobs.ts';
import { isFinal } from '../../protocol/states.ts';
import type { Clock } from '../clock.ts';
import { type Db, transact } from '../db/open.ts';
import { type Space, translateWrite } from '../disk.ts';
import type { Log } from '../log.ts';
import { jobTopic, type Notices, workTopic } from '../notices.ts';
import { fillFrom, readRange, streamRange } from '../range.ts';
import { createSpaces } from '../spaces.ts';
import {
  findInputJob,
  findShareEnd,
  listOpenInputs,
  setCut,
  setInputLength,
  setSeal,
} from '../store/inputs.ts';
import {
  isRepeat,
  isSealedAlike,
  offsetMismatch,
  readWritten,
  refuseEnded,
  refuseWrongHash,
} from './append.ts';
import { isDamage, translateRead } from './damage.ts';
import { inputFile, inputPaths, writeDurably } from './files.ts';
import type {
  InputEffects,
  Inputs,
  JobRow,
  Pace,
  Piece,
  Share,
  Taken,
  WrittenPiece,
} from './inputs.ts';
import { JobInput } from './job-input.ts';
import { feed, type InputState, loadState } from './state.ts';
import { makeStaticCut } from './static-cut.ts';
import { nothing, takeAuto, takeBatch, takeNone, takeStatic } from './take.ts';

interface InputsOptions {
  db: Db;
  dataDir: string;
  clock: Clock;
  notices: Notices;
  space: Space;
  log: Log;
  effects: InputEffects;
}

/** 500 ms: of two appends in flight the second may be here first; it waits for the other. */
const OVERTAKEN_MS = 500;

/** 3 pieces: as many as one sender has on their way, and what a report has read again. */
const SPACES_MAX = 3;

/** 1 s between attempts to write a static cut to a full disk. */
const RETRY_MS = 1000;

/** Inputs in `jobs/<id>/` of the data folder. */
export const createInputs = (options: InputsOptions): Inputs => new StoredInputs(options);

class StoredInputs implements Inputs {
  readonly #options: InputsOptions;
  readonly #open = new Map<string, JobInput>();
  readonly #spaces = createSpaces(INPUT_APPEND_MAX_BYTES, SPACES_MAX);

  constructor(options: InputsOptions) {
    this.#options = options;
  }

  take(job: JobRow, limit: number, pace: Pace): Taken {
    try {
      return this.#take(job, limit, pace);
    } catch (cause) {
      throw translateRead(job.id, cause);
    }
  }

  #take(job: JobRow, limit: number, pace: Pace): Taken {
    if (job.spec.input.kind === 'none') return takeNone(job, limit);
    if (job.cutDone) {
      this.#open.delete(job.id);
      return nothing(job);
    }
    const { state } = this.#inputOf(job);
    if (state === null || state.problem !== null) return nothing(job);
    const { cut } = job.spec;
    if (cut.mode === 'static') return takeStatic(job, state, limit);
    if (cut.mode === 'batch') return takeBatch(job, state, limit, cut.size);
    return takeAuto(job, state, limit, {
      ...pace,
      now: this.#options.clock.monotonic(),
      endOf: this.#endOf(job),
    });
  }

  async check(jobId: string, share: Share): Promise<void> {
    // The last byte: a file that was cut short has lost it, and one that cannot be read says so.
    const end = { ...share, offset: share.offset + share.length - 1, length: 1 };
    if (share.source !== 'none' && share.length > 0) await this.read(jobId, end);
  }

  async read(jobId: string, share: Share): Promise<Uint8Array> {
    try {
      return await readRange(this.#pathOf(jobId, share), share.offset, share.length);
    } catch (cause) {
      throw this.#translated(jobId, cause);
    }
  }

  fileOf(jobId: string, source: 'input' | 'cut'): string {
    return inputFile(jobId, source);
  }

  async passOver(jobId: string, share: Share, take: (bytes: Uint8Array) => void): Promise<void> {
    const path = this.#pathOf(jobId, share);
    const most = Math.min(share.length, INPUT_APPEND_MAX_BYTES);
    try {
      await this.#spaces.use(most, async (space) => {
        for (let at = 0; at < share.length; at += most) {
          const bytes = space.subarray(0, Math.min(most, share.length - at));
          await fillFrom(path, share.offset + at, bytes);
          take(bytes);
        }
      });
    } catch (cause) {
      throw this.#translated(jobId, cause);
    }
  }

  stream(jobId: string, share: Share): ReadableStream<Uint8Array> {
    const path = this.#pathOf(jobId, share);
    const translate = (cause: unknown) => this.#translated(jobId, cause);
    return streamRange(path, share.offset, async () => share.length, translate);
  }

  async append(jobId: string, piece: Piece): Promise<InputStatus> {
    const input = this.#inputOf(this.#job(jobId));
    const { clock } = this.#options;
    const deadline = clock.monotonic() + OVERTAKEN_MS;
    refuseWrongHash(piece);
    for (;;) {
      input.seenAt = clock.monotonic();
      const left = deadline - clock.monotonic();
      if (piece.offset <= this.#job(jobId).inputLength || left <= 0) break;
      await input.growth(clock, left);
    }
    return await input.exclusively(() => this.#append(jobId, input, piece));
  }

  async appendWritten(jobId: string, { length, ...place }: WrittenPiece): Promise<InputStatus> {
    const { input } = inputPaths(this.#options.dataDir, jobId);
    return await this.#spaces.use(length, async (bytes) => {
      await readWritten(input, place.offset, bytes);
      return await this.append(jobId, { ...place, bytes, isWritten: true });
    });
  }

  async seal(jobId: string, { length, sha256 }: InputSeal): Promise<InputStatus> {
    const input = this.#inputOf(this.#job(jobId));
    return await input.exclusively(async () => {
      const job = this.#job(jobId);
      if (isSealedAlike(job, length, sha256)) return { length, sealed: true };
      refuseEnded(job);
      const state = await this.#stateOf(job, input);
      this.#refuseProblem(job, state);
      if (length !== job.inputLength) throw offsetMismatch(job.inputLength, length);
      const found = state.hash?.copy().digest('hex');
      if (found !== sha256) {
        throw new PxError(
          'hash_mismatch',
          `Expected an input with SHA-256 ${sha256}, got ${found}.`,
        );
      }
      setSeal(this.#options.db, jobId, length, sha256);
      state.hash = null;
      feed(state, (index) => index.finish());
      this.#conclude(jobId, state);
      await this.#cutInBackground(jobId, input, state);
      this.#refuseProblem(this.#job(jobId), state);
      return { length, sealed: true };
    });
  }

  heartbeat(jobId: string): InputStatus {
    const job = this.#job(jobId);
    this.#inputOf(job).seenAt = this.#options.clock.monotonic();
    return { length: job.inputLength, sealed: job.sealedLength !== null };
  }

  silentMs(jobId: string): number {
    const input = this.#inputOf(this.#job(jobId));
    const now = this.#options.clock.monotonic();
    input.seenAt ??= now;
    return now - input.seenAt;
  }

  tend(): void {
    const open = listOpenInputs(this.#options.db);
    const ids = new Set(open.map((job) => job.id));
    for (const id of this.#open.keys()) if (!ids.has(id)) this.#open.delete(id);
    for (const job of open) this.#inputOf(job);
  }

  async remove(jobId: string): Promise<void> {
    this.#open.delete(jobId);
    const { input, cut, lines } = inputPaths(this.#options.dataDir, jobId);
    for (const path of [input, cut, lines, `${cut}.new`, `${lines}.new`]) {
      await rm(path, { force: true });
    }
  }

  async #append(jobId: string, input: JobInput, piece: Piece): Promise<InputStatus> {
    const { db, space, dataDir } = this.#options;
    const job = this.#job(jobId);
    const state = await this.#stateOf(job, input);
    this.#refuseProblem(job, state);
    refuseEnded(job);
    const { input: path } = inputPaths(dataDir, jobId);
    const length = piece.offset + piece.bytes.length;
    if (!(await isRepeat(path, job, piece))) {
      try {
        await space.check();
        await writeDurably(path, piece);
      } catch (cause) {
        throw translateWrite(cause);
      }
      // Meanwhile a glob may have been called off, and with it everything that it had sent.
      const expected = this.#job(jobId).inputLength;
      if (expected !== piece.offset || this.#open.get(jobId) !== input) {
        throw offsetMismatch(expected, piece.offset);
      }
      setInputLength(db, jobId, length);
      state.hash?.update(piece.bytes);
      feed(state, (index) => index.push(piece.bytes));
      input.grew();
      this.#refuseProblem(job, state);
      this.#notify(job);
    }
    return { length: Math.max(job.inputLength, length), sealed: job.sealedLength !== null };
  }

  /** The cut of a run that is resumed is kept: its sums are those of the same shares. */
  #endOf({ spec: { resume } }: JobRow) {
    const id = resume?.job ?? null;
    if (id === null) return null;
    return (number: number, offset: number) => findShareEnd(this.#options.db, id, number, offset);
  }

  #job(jobId: string): JobRow {
    const job = findInputJob(this.#options.db, jobId);
    if (job === undefined) {
      throw new PxError('job_not_found', `There is no job ${jobId}.`, { hint: 'See: px job ls' });
    }
    return job;
  }

  #pathOf(jobId: string, share: Share): string {
    const paths = inputPaths(this.#options.dataDir, jobId);
    return share.source === 'cut' ? paths.cut : paths.input;
  }

  /** What is held of the job's input; building it from the file begins at the first question. */
  #inputOf(job: JobRow): JobInput {
    const known = this.#open.get(job.id);
    if (known !== undefined) return known;
    const input = new JobInput();
    this.#open.set(job.id, input);
    void input
      .exclusively(async () => {
        const state = await this.#stateOf(job, input);
        const { sealedLength, cutDone } = this.#job(job.id);
        if (sealedLength === null || cutDone) return;
        this.#conclude(job.id, state);
        await this.#cutInBackground(job.id, input, state);
      })
      .catch((error: unknown) => this.#logFailure(job.id, error));
    return input;
  }

  async #stateOf(job: JobRow, input: JobInput): Promise<InputState> {
    if (input.state !== null) return input.state;
    // A new input has nothing to read: it is there at once, within the same tick.
    input.state = await loadState(job, inputPaths(this.#options.dataDir, job.id)).catch((cause) => {
      throw this.#translated(job.id, cause);
    });
    this.#notify(job);
    return input.state;
  }

  /** Tells execution that the input cannot become arguments, and the caller too. */
  #refuseProblem(job: JobRow, { problem }: InputState): void {
    if (problem === null) return;
    this.#fail(job, problem);
    throw problem;
  }

  /** After the seal: an input whose lines are all dealt, or that has none, is cut to its end. */
  #conclude(jobId: string, state: InputState): void {
    const { db, effects } = this.#options;
    if (state.problem !== null) return;
    const { end } = state.index;
    const settled = transact(db, () => {
      const job = this.#job(jobId);
      const isDealt = job.spec.cut.mode === 'static' && (job.partitions !== null || end.line > 0);
      if (job.cutDone || isDealt || job.nextOffset !== end.offset) return false;
      setCut(db, jobId, { partitions: job.nextPartition, lines: end.line, cutDone: true });
      return true;
    });
    if (settled) effects.settle(jobId);
    this.#notify(this.#job(jobId));
  }

  /** Static cuts are made when the input has ended; a large one goes on after the reply. */
  async #cutInBackground(jobId: string, input: JobInput, state: InputState): Promise<void> {
    const job = this.#job(jobId);
    if (job.spec.cut.mode !== 'static' || job.partitions !== null || job.cutDone) return;
    input.work ??= this.#cut(job, state)
      .catch((error: unknown) => this.#logFailure(jobId, error))
      .finally(() => {
        input.work = null;
      });
    const { work } = input;
    const timer = new AbortController();
    await Promise.race([work, this.#options.clock.sleep(RETRY_MS, timer.signal)]);
    timer.abort();
  }

  async #cut(job: JobRow, state: InputState): Promise<void> {
    const { db, clock, log } = this.#options;
    for (;;) {
      try {
        await makeStaticCut(db, job, state);
        this.#notify(job);
        return;
      } catch (cause) {
        const error = translateRead(job.id, translateWrite(cause));
        if (error instanceof PxError && error.code === 'disk_full') {
          log.warn('no room for the static cut', { job: job.id });
          await clock.sleep(RETRY_MS);
          if (findInputJob(db, job.id)?.closing === false) continue;
          return;
        }
        if (!(error instanceof PxError)) throw error;
        state.problem = error;
        this.#fail(job, error);
        return;
      }
    }
  }

  #logFailure(job: string, error: unknown): void {
    this.#options.log.error('the input cannot be cut', { job, error: String(error) });
  }

  #fail(job: JobRow, { code, message, hint }: PxError): void {
    if (job.closing || isFinal(job.state)) return;
    const whole = hint === null ? message : `${message} ${hint}.`;
    this.#options.effects.fail(job.id, { code, message: whole });
  }

  /** A failed read; where the input is damaged its job fails with that. */
  #translated(jobId: string, cause: unknown): unknown {
    const error = translateRead(jobId, cause);
    const job = findInputJob(this.#options.db, jobId);
    if (isDamage(error) && job !== undefined) this.#fail(job, error);
    return error;
  }

  #notify(job: JobRow): void {
    this.#options.notices.notify(workTopic(job.clusterId));
    this.#options.notices.notify(jobTopic(job.id));
  }
}

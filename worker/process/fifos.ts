import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { giveTo, type JobUser, passMode } from '../job-user.ts';

/** 48 FIFOs are made at a time: one `mkfifo` serves at least 16 attempts. */
const BATCH = 48;
/** The next batch is made before the last is used up. */
const LOW = 24;

/** Both ends of a FIFO, as file descriptors. */
interface Ends {
  read: number;
  write: number;
}

/** The reading end of a FIFO that still has its name. */
export interface NamedFifo {
  path: string;
  fd: number;
}

/**
 * FIFOs made ahead, each used once and unlinked as soon as it is open: a process that outlives its
 * attempt can never write into the next one's. Node has no pipe(2), and its own stdio pipes are
 * sockets, which a child cannot open again through /dev/stdout.
 */
export class Fifos {
  readonly #dir: string;
  /** Whose processes open them by their names. */
  readonly #user: JobUser | null;
  readonly #ready: string[] = [];
  #made = 0;
  #making: Promise<void> | null = null;

  constructor(dir: string, user: JobUser | null = null) {
    this.#dir = dir;
    this.#user = user;
  }

  /** An open pair. The worker's end does not block, the child's end does. */
  async open(workersEnd: 'read' | 'write'): Promise<Ends> {
    const path = await this.#take();
    try {
      return openEnds(path, workersEnd);
    } finally {
      unlinkSync(path);
    }
  }

  /**
   * One that keeps its name, for writers that come one after the other; the worker's end does not
   * block. Whoever gets it closes and unlinks it.
   */
  async openNamed(): Promise<NamedFifo> {
    const path = await this.#take();
    return { path, fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) };
  }

  /** Makes the first ones ahead of need. */
  async prepare(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
    await mkdir(this.#dir);
    await chmod(this.#dir, passMode(this.#user));
    await this.#make();
  }

  async #take(): Promise<string> {
    while (this.#ready.length === 0) await this.#make();
    if (this.#ready.length < LOW) this.#make().catch(() => undefined);
    return this.#ready.shift() ?? (await this.#take());
  }

  #make(): Promise<void> {
    this.#making ??= this.#spawn().finally(() => {
      this.#making = null;
    });
    return this.#making;
  }

  async #spawn(): Promise<void> {
    const paths = Array.from({ length: BATCH }, (_, at) => join(this.#dir, `${this.#made + at}`));
    this.#made += BATCH;
    const child = spawn('mkfifo', ['-m', '600', ...paths], { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`mkfifo ended with status ${code}`);
    for (const path of paths) giveTo(this.#user, path);
    this.#ready.push(...paths);
  }
}

/** Opens both ends without ever blocking: the reading end comes first, and then a writer can. */
const openEnds = (path: string, workersEnd: 'read' | 'write'): Ends => {
  const early = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const write = openSync(path, constants.O_WRONLY);
    if (workersEnd === 'read') return { read: early, write };
    try {
      return { read: openSync(path, constants.O_RDONLY), write };
    } catch (error) {
      closeSync(write);
      throw error;
    } finally {
      closeSync(early);
    }
  } catch (error) {
    if (workersEnd === 'read') closeSync(early);
    throw error;
  }
};

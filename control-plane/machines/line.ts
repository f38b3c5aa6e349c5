import type { Log } from '../log.ts';
import type { Tools } from './command.ts';
import { connect, type Link } from './link.ts';
import type { SshTarget } from './target.ts';

/** 500 ms: a connection that was cut is often there again at once. */
const FIRST_MS = 500;
/** 10 s: a machine that comes back is found while its leases live. */
const LONGEST_MS = 10_000;

interface LineOptions extends Tools {
  folder: string;
  nodeId: string;
  aliveSeconds: number;
  log: Log;
  random: (count: number) => Uint8Array;
  /** The port here where the worker routes are served. */
  port: () => Promise<number>;
}

/** What is known of the worker at the other end. */
interface LineState {
  isUp: boolean;
  worker: 'unknown' | 'running' | 'ended';
  /** Why it is down, or the worker's last words. */
  problem: string | null;
  /** Somebody has a session of ssh there, beside px. */
  hasGuests: boolean;
}

const NAME_BYTES = 6;

/** The one connection to a node's machine: made, and made again for as long as the node is. */
export class Line {
  readonly #options: LineOptions;
  #target: SshTarget;
  #link: Promise<Link> | null = null;
  #state: LineState = {
    ...{ isUp: false, worker: 'unknown', problem: null, hasGuests: false },
  };
  #staying: Promise<void> | null = null;
  readonly #closing = new AbortController();

  constructor(options: LineOptions, target: SshTarget) {
    this.#options = options;
    this.#target = target;
  }

  get state(): LineState {
    return this.#state;
  }

  /** The connection that is there, or a new one. Throws what ssh says. */
  link(): Promise<Link> {
    this.#link ??= this.#connect();
    return this.#link;
  }

  /** Where the machine is reached from the next connection on. */
  aim(target: SshTarget): void {
    this.#target = target;
  }

  /** From now on the connection is made again whenever it ends, with the worker watched. */
  stay(): void {
    this.#staying ??= this.#stay();
  }

  /** A worker was started. */
  expectWorker(): void {
    this.#state = { ...this.#state, worker: 'running', problem: null };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const link = await this.#link?.catch(() => null);
    link?.close();
    await link?.ended;
    await this.#staying;
  }

  async #connect(): Promise<Link> {
    const name = Buffer.from(this.#options.random(NAME_BYTES)).toString('hex');
    const onLine = (key: string, value: string): void => this.#hear(key, value);
    try {
      const target = this.#target;
      const link = await connect({ ...this.#options, name, target, onLine });
      const worker = link.facts.hasWorker ? 'running' : 'ended';
      this.#state = { isUp: true, worker, problem: null, hasGuests: false };
      link.ended.then(
        () => this.#lose(),
        () => this.#lose(),
      );
      return link;
    } catch (cause) {
      this.#link = null;
      const problem = cause instanceof Error ? cause.message : String(cause);
      this.#state = { ...this.#state, isUp: false, problem };
      throw cause;
    }
  }

  #lose(): void {
    this.#link = null;
    this.#state = { ...this.#state, isUp: false, hasGuests: false };
  }

  #hear(key: string, value: string): void {
    if (key === 'worker' && value !== '') this.expectWorker();
    if (key === 'guests') this.#state = { ...this.#state, hasGuests: value === '1' };
    if (key === 'ended') this.#state = { ...this.#state, worker: 'ended', problem: value };
  }

  async #stay(): Promise<void> {
    const { clock, log, nodeId, port } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const link = await this.link();
        link.watch(`http://127.0.0.1:${await link.forward(await port())}`);
        failures = 0;
        const words = await link.ended;
        if (!signal.aborted) log.warn('A connection ended.', { node: nodeId, words });
      } catch (cause) {
        failures += 1;
        const problem = cause instanceof Error ? cause.message : String(cause);
        log.warn('A connection was not made.', { node: nodeId, problem });
      }
      if (!signal.aborted) await clock.sleep(this.#pause(failures), signal);
    }
  }

  /** Exponential, its upper half random, so that machines do not march in step. */
  #pause(failures: number): number {
    const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20));
    const [byte = 0] = this.#options.random(1);
    return whole / 2 + ((whole / 2) * byte) / 256;
  }
}

import { closeSync, writeSync } from 'node:fs';
import { show, utf8 } from '../../../protocol/bytes.ts';
import { send } from '../../tree/marked.ts';
import { drain } from '../drain.ts';
import { type Environment, MARKER } from '../environment.ts';
import { type Exit, start } from '../start.ts';
import type { ProcessHost } from '../supervised.ts';
import { Pair } from './pair.ts';
import { signalOf } from './words.ts';

/** What a shell says of an invocation. */
export interface Status extends Exit {
  /** The shell's own words: none, as a rule. */
  words: string;
  /** It may have been a signal: shells do not tell these two from an exit with the same number. */
  isUnsure: boolean;
  /** It looks like a signal; an exit after the same words on stderr would look the same. */
  isDoubtful: boolean;
}

/** One command for a shell. */
export interface Source {
  /** `NAME='value' ` in front of the command, or nothing. */
  assignments: Uint8Array;
  command: Uint8Array;
  /** A program, without `exec`, that needs no subshell: the shell starts it itself, for a fifth less. */
  isDirect: boolean;
}

/** Reads its commands from its stdin, by blocks and not byte by byte, as from a file. */
const ARGS = ['-c', '. /dev/stdin', 'px'];

/** Its own stdin and stderr: what it says of a child's signal stands before the status. */
const FIRST = utf8('exec </dev/null 2>&1\n');
const OPEN = utf8('( ');
const CLOSE = utf8(' )');
const LAST = utf8('; echo $?\n');
const NOTHING = new Uint8Array(0);

/** 64 KiB, what a pipe holds; a command, its variables and its FIFOs are less (shells.ts, plain.ts). */
const SPACE = Buffer.allocUnsafeSlow(64 << 10);

const writeAll = (fd: number, pieces: readonly Uint8Array[]): void => {
  let length = 0;
  for (const piece of pieces) {
    SPACE.set(piece, length);
    length += piece.length;
  }
  writeSync(fd, SPACE, 0, length);
};

const STATUS = /(?:^|\n)(\d+)\n$/;
/** 125: what px itself exits with where it failed. */
const UNKNOWN = 125;
/** Of these a shell says nothing. */
const SILENT: ReadonlySet<string | undefined> = new Set(['SIGINT', 'SIGPIPE']);

/** The status and what the shell said before it; null while the line is not there. */
const parseStatus = (text: string): Status | null => {
  const found = STATUS.exec(text);
  if (found === null) return null;
  const words = text.slice(0, found.index).trim();
  const code = Number(found[1]);
  const signal = signalOf(code);
  // A child that exits has the shell say nothing, whatever its status.
  if (words !== '' && signal !== undefined)
    return { code: null, signal, words: '', isUnsure: false, isDoubtful: false };
  return { code, signal: null, words, isUnsure: SILENT.has(signal), isDoubtful: false };
};

/** Where a shell runs. */
interface Place {
  cwd: string;
  env: Environment;
}

/** A shell that runs commands one after the other, each in a subshell of its own. */
export class Shell {
  readonly pid: number;
  readonly cwd: string;
  /** The environment that it was started with. */
  readonly env: Environment;
  /** What its next invocation writes to. */
  pair: Pair;
  /** When it had nothing to do any more. */
  idleSince = 0;
  readonly #stdin: number;
  #isAlive = true;
  #text = '';
  #tell: ((status: Status) => void) | null = null;

  private constructor(started: { pid: number; stdin: number }, place: Place, pair: Pair) {
    this.pid = started.pid;
    this.#stdin = started.stdin;
    this.cwd = place.cwd;
    this.env = place.env;
    this.pair = pair;
  }

  /** Starts one in a session of its own. Rejects where the system refuses. */
  static async open(host: ProcessHost, place: Place): Promise<Shell> {
    const { fifos, nullFd, guard, sweeper, user } = host;
    const marker = host.newMarker();
    const own = { ...place.env.own, [MARKER]: marker };
    const env = { ...place.env.job, ...own };
    const command = { file: '/bin/sh', args: ARGS, cwd: place.cwd };
    const pair = await Pair.open(fifos);
    sweeper.live(marker);
    const started = await start({ command, env, stdin: true, fifos, nullFd, user }).catch(
      (error: unknown) => {
        sweeper.over(marker);
        pair.close();
        throw error;
      },
    );
    closeSync(started.stderr);
    const { pid, stdin } = started;
    if (stdin === null) throw new Error('a shell has a stdin');
    guard.add(pid);
    const shell = new Shell(
      { pid, stdin },
      { cwd: place.cwd, env: { job: place.env.job, own } },
      pair,
    );
    const status = drain(started.stdout, {
      write: (bytes) => shell.#read(bytes),
      full: false,
      onRoom: (call) => call(),
    });
    started.exited
      .then(async (exit) => {
        await Promise.race([status.ended, host.clock.sleep(0)]);
        status.cut();
        guard.remove(pid);
        sweeper.over(marker);
        shell.#gone(exit);
      })
      .catch(() => undefined);
    writeSync(stdin, FIRST);
    return shell;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * Runs one command; the shell is idle. `tell` is called once, with the status of the command, or
   * with the shell's own end.
   */
  run({ assignments, command, isDirect }: Source, tell: (status: Status) => void): void {
    this.#tell = tell;
    const open = isDirect ? NOTHING : OPEN;
    const close = isDirect ? NOTHING : CLOSE;
    const { redirections } = this.pair;
    writeAll(this.#stdin, [open, assignments, command, close, redirections, LAST]);
  }

  /** Ends it and all that is in its group. */
  end(): void {
    this.#tell = null;
    this.pair.close();
    if (this.#isAlive) send(-this.pid, 'SIGKILL');
    this.#isAlive = false;
  }

  #read(bytes: Uint8Array): void {
    this.#text += show(bytes);
    const status = parseStatus(this.#text);
    if (status === null) return;
    this.#text = '';
    this.#answer(status);
  }

  #gone(exit: Exit): void {
    this.#isAlive = false;
    closeSync(this.#stdin);
    // It has not said how the command ended: that is no success.
    const code = exit.code === 0 ? UNKNOWN : exit.code;
    const words = this.#text.trim();
    this.#answer({ code, signal: exit.signal, words, isUnsure: false, isDoubtful: false });
  }

  #answer(status: Status): void {
    const tell = this.#tell;
    this.#tell = null;
    tell?.(status);
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { PxError } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';

/** Where the system's ssh programs run: their environment is all that they know of the caller. */
export interface Tools {
  clock: Clock;
  env: Readonly<Record<string, string>>;
}

/** How a program ended. */
interface Ended {
  /** 128+n is not told from a signal here: null. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** What a program reads: nothing, a text, or a file. */
export type Input = { text: string } | { file: string } | null;

const openInput = (input: Input): number | 'pipe' | 'ignore' => {
  if (input === null) return 'ignore';
  return 'text' in input ? 'pipe' : openSync(input.file, 'r');
};

/** All that a stream says, as it stands now. */
export const collect = (stream: ChildProcess['stdout'], maxChars: number): (() => string) => {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (part: string) => {
    text = (text + part).slice(-maxChars);
  });
  return () => text;
};

/** 1 MiB: ssh and px's scripts say some lines. */
const OUTPUT_MAX_CHARS = 1 << 20;

const missingProgram = (program: string, cause: unknown): PxError =>
  new PxError(
    'unsupported',
    `The control plane cannot run ${program}: ${cause instanceof Error ? cause.message : String(cause)}`,
    { hint: 'Install the ssh client (openssh-client) here, then: px server stop', cause },
  );

/** Runs a program to its end (throws `unsupported` where there is none); after `limitMs` it is killed, which leaves its status null. */
export const runProgram = async (
  { clock, env }: Tools,
  argv: readonly string[],
  input: Input,
  limitMs: number,
): Promise<Ended> => {
  const [program = '', ...words] = argv;
  const stdin = openInput(input);
  const over = new AbortController();
  try {
    const child = spawn(program, words, { env: { ...env }, stdio: [stdin, 'pipe', 'pipe'] });
    const closed = once(child, 'close');
    closed.catch(() => undefined);
    const [stdout, stderr] = [child.stdout, child.stderr].map((each) =>
      collect(each, OUTPUT_MAX_CHARS),
    );
    child.stdin?.on('error', () => undefined);
    if (input !== null && 'text' in input) child.stdin?.end(input.text);
    const limit = clock.sleep(limitMs, over.signal).then(() => {
      if (!over.signal.aborted) child.kill('SIGKILL');
    });
    const [status] = await closed
      .catch((cause: unknown) => {
        throw missingProgram(program, cause);
      })
      .finally(() => over.abort());
    await limit;
    return { status, stdout: stdout?.() ?? '', stderr: stderr?.() ?? '' };
  } finally {
    over.abort();
    if (typeof stdin === 'number') closeSync(stdin);
  }
};

/** Text as one word of a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A script with its arguments as ssh sends it: the login shell there, whatever it is, hands it to sh.
 * `sudo`: as root, which the user there may become without a password.
 */
export const remoteCommand = (script: string, args: readonly string[], sudo = false): string =>
  `exec ${sudo ? 'sudo -n -H ' : ''}sh -c ${[script, 'px', ...args].map(quoted).join(' ')}`;

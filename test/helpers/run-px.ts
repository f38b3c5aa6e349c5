import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../cli/cli.ts';
import { systemClock } from '../../cli/clock.ts';
import type { Sink } from '../../cli/output/sink.ts';

type CliParts = Parameters<typeof runCli>[1];

/** What a run of px left: its status, and all that it wrote. */
export interface PxResult {
  status: number;
  stdout: string;
  stderr: string;
  stdoutBytes: Buffer;
}

export interface PxOverrides extends Partial<CliParts> {
  /** Pretends that stdout and stderr are a terminal of so many columns. */
  tty?: number;
  /** What stdin holds; nothing by default, and never a terminal. */
  input?: string | Uint8Array;
}

const captured = (tty: number | undefined): Sink & { bytes(): Buffer } => {
  const parts: Uint8Array[] = [];
  return {
    isTTY: tty !== undefined,
    columns: tty,
    // A copy: writers may use their buffer again.
    write: async (bytes) => void parts.push(Uint8Array.from(bytes)),
    bytes: () => Buffer.concat(parts),
  };
};

const stdinOf = (input: string | Uint8Array): NodeJS.ReadStream =>
  // A Readable does all that commands ask of stdin; fd and isTTY are missing as on a closed one.
  Readable.from(input.length === 0 ? [] : [Buffer.from(input)]) as unknown as NodeJS.ReadStream;

const ENV: CliParts['env'] = { PATH: process.env.PATH, HOME: '/nonexistent', LANG: 'C.UTF-8' };

/**
 * Runs px in this process with captured streams. The words are those of a shell without expansions:
 * an array, or a string that is split at blanks.
 */
export const runPx = async (
  words: string | readonly string[],
  overrides: PxOverrides = {},
): Promise<PxResult> => {
  const argv = typeof words === 'string' ? words.split(' ').filter((word) => word !== '') : words;
  const stdout = captured(overrides.tty);
  const stderr = captured(overrides.tty);
  const { tty: _tty, input = '', env: ownEnv, ...parts } = overrides;
  const env = { ...ENV, ...ownEnv };
  const status = await runCli(argv, {
    ...systemClock,
    cwd: process.cwd(),
    env,
    stdin: stdinOf(input),
    stdout,
    stderr,
    onSignal: () => () => {},
    connect: async (home) => {
      const { connect } = await import('../../cli/server/connect.ts');
      return connect({ home, env });
    },
    ...parts,
  });
  const bytes = stdout.bytes();
  return {
    status,
    stdout: bytes.toString(),
    stderr: stderr.bytes().toString(),
    stdoutBytes: bytes,
  };
};

/** A directory that is gone after the test. */
export const tempDir = (t: { after(undo: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'px-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

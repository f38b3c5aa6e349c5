import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

/** The examples' folder. */
export const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');

// The longest run takes a second or two. A limit against a hang, wide enough for a loaded machine.
const RUN_LIMIT_MS = 60_000;

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs an example's program as it is, without px. */
export const run = (command: string, args: readonly string[], options: RunOptions = {}) => {
  const result = spawnSync(command, args, { ...options, encoding: 'utf8', timeout: RUN_LIMIT_MS });
  if (result.error) throw result.error;
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
};

export const readLines = (...path: readonly string[]): string[] =>
  readFileSync(join(...path), 'utf8')
    .trimEnd()
    .split('\n');

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((total, number) => total + number, 0);

/** A temporary folder for the tests of one group. */
export const useScratchFolder = () => {
  const scratch = { path: '' };
  before(() => {
    scratch.path = mkdtempSync(join(tmpdir(), 'px-examples-'));
  });
  after(() => rmSync(scratch.path, { recursive: true }));
  return scratch;
};

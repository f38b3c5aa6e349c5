import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a system program that reads `input`; its own words are the error. */
export const runWith = async (
  input: string,
  program: string,
  ...words: string[]
): Promise<string> => {
  const running = execute(program, words);
  // One that reads nothing may have ended.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(input);
  const { stdout } = await running;
  return stdout;
};

/** Runs a system program; its own words are the error. */
export const run = (program: string, ...words: string[]): Promise<string> =>
  runWith('', program, ...words);

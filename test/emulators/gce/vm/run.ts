import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a system program; its own words are the error. */
export const run = async (program: string, ...words: string[]): Promise<string> => {
  const { stdout } = await execute(program, words);
  return stdout;
};

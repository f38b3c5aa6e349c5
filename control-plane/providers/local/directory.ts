import { execFile } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  truncateSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

/** 4 MiB: a log that grew past it is emptied when its worker is started again. */
const LOG_MAX_BYTES = 4 << 20;
/** Enough for the last line of a log. */
const TAIL_BYTES = 4096;

/** Makes the node's directory, for its owner only. */
export const prepareDirectory = (dir: string, logFile: string): void => {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const log = openSync(logFile, 'a', 0o600);
  const { size } = fstatSync(log);
  closeSync(log);
  if (size > LOG_MAX_BYTES) truncateSync(logFile);
};

/** The last line of a log, or null. */
export const lastLine = (logFile: string): string | null => {
  try {
    const log = openSync(logFile, 'r');
    try {
      const { size } = fstatSync(log);
      const tail = new Uint8Array(TAIL_BYTES);
      const read = readSync(log, tail, 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES));
      const lines = new TextDecoder().decode(tail.subarray(0, read)).trim().split('\n');
      return lines.at(-1) === '' ? null : (lines.at(-1) ?? null);
    } finally {
      closeSync(log);
    }
  } catch {
    return null;
  }
};

/** Removes the directory, also where a job took away the permission to write in a part of it. */
export const removeDirectory = async (dir: string): Promise<void> => {
  try {
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  } catch {
    const run = promisify(execFile);
    await run('chmod', ['-R', 'u+rwx', '--', dir]).catch(() => undefined);
    await run('rm', ['-rf', '--', dir]);
  }
};

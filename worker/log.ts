import { appendFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from './clock.ts';

/** The worker's log. Fields never hold secrets, tokens or environment values. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** Bytes as they are: the output of `setup`. */
  raw(bytes: Uint8Array): void;
}

/** 4 MiB: with the one before it, the log of a node never takes more than 8 MiB. */
const LOG_MAX_BYTES = 4 << 20;

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Appends to `<dir>/worker.log`. A log that cannot be written stops nothing. */
export const createLog = (dir: string, clock: Pick<Clock, 'now'>): Log => {
  const path = join(dir, 'worker.log');
  let size = sizeOf(path);
  const append = (bytes: Uint8Array): void => {
    try {
      if (size > LOG_MAX_BYTES) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, bytes, { mode: 0o600 });
      size += bytes.length;
    } catch {
      // The disk is full or the node's directory is gone; both are noticed elsewhere.
    }
  };
  const line = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    const at = new Date(clock.now()).toISOString();
    const tail = fields === undefined ? '' : ` ${JSON.stringify(fields)}`;
    append(Buffer.from(`${at} ${level} ${message}${tail}\n`));
  };
  return { info: line('info'), warn: line('warn'), error: line('error'), raw: append };
};

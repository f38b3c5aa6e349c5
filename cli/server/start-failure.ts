import { open, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_STATUS, type ErrorCode, PxError } from '../../protocol/errors.ts';
import type { Spawned } from './spawn-server.ts';

/** Enough of a log for its last words. */
const TAIL_BYTES = 64 << 10;
const SHOWN_LINES = 5;

const readFrom = async (path: string, start: number): Promise<string> => {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(Math.min(start, size), size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
};

const isFull = async (dir: string): Promise<boolean> => {
  const stats = await statfs(dir).catch(() => null);
  return stats?.bavail === 0;
};

interface Farewell {
  pid: unknown;
  code: string;
  reason: string;
  hint: string | null;
}

const isFarewell = (value: unknown): value is Farewell =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  'code' in value &&
  'reason' in value;

const parse = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_STATUS, code);

/** Why a server that was started does not serve, in its own words from server.log. */
export const startFailure = async (home: string, spawned: Spawned): Promise<PxError> => {
  const path = join(home, 'server.log');
  const lines = (await readFrom(path, spawned.logStart)).trim().split('\n');
  const farewell = lines.map(parse).findLast(isFarewell);
  if (farewell !== undefined && farewell.pid === spawned.pid) {
    const code = isErrorCode(farewell.code) ? farewell.code : 'server_failed';
    return new PxError(code, `The control plane did not start: ${farewell.reason}`, {
      hint: farewell.hint ?? `Its log: ${path}`,
    });
  }
  // Then there was no room for its last words either.
  if (await isFull(home)) {
    return new PxError(
      'disk_full',
      `The control plane did not start: the disk of ${home} is full.`,
      {
        hint: 'Free some space there, or use another disk: export PX_HOME=/path/to/a/folder/of/yours',
      },
    );
  }
  const words = lines.slice(-SHOWN_LINES).join('\n');
  return new PxError(
    'server_failed',
    `The control plane did not start.${words === '' ? '' : `\n${words}`}`,
    {
      hint: `Its log: ${path}`,
    },
  );
};

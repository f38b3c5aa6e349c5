import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { PxError } from '../../protocol/errors.ts';

/** `server.json`: who serves a PX_HOME. */
const ServerFile = z.object({
  pid: z.int().min(1),
  /** When that process started, as its system counts it; null where an older px wrote this. */
  processStart: z.string().nullable().default(null),
  url: z.string(),
  token: z.string(),
  version: z.string(),
  protocol: z.int(),
  startedAt: z.int(),
  id: z.string(),
  /** Inode of PX_HOME/place there, decimal; null where an older px wrote this. */
  place: z.string().nullable().default(null),
});
export type ServerFile = z.infer<typeof ServerFile>;

/** Whether the file came here with a copy of PX_HOME: its server serves the home that was copied. */
const isCopied = ({ place }: ServerFile, home: string): boolean => {
  const own = statSync(join(home, 'place'), { bigint: true, throwIfNoEntry: false });
  return place !== null && own !== undefined && own.ino.toString() !== place;
};

/**
 * Reads `server.json`; null while there is none, none of this PX_HOME, or none that this px understands. Throws
 * `server_failed` where no server could ever write one.
 */
export const readServerFile = async (home: string): Promise<ServerFile | null> => {
  const path = join(home, 'server.json');
  try {
    const file = ServerFile.parse(JSON.parse(await readFile(path, 'utf8')));
    return isCopied(file, home) ? null : file;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EISDIR')) return null;
    throw new PxError('server_failed', `Expected a file at ${path}, got a folder.`, {
      hint: `Move it away, and px writes the file: mv '${path}' '${path}.old'`,
      cause,
    });
  }
};

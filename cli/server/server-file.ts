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
});
export type ServerFile = z.infer<typeof ServerFile>;

/**
 * Reads `server.json`; null while there is none, or none that this px understands. Throws
 * `server_failed` where no server could ever write one.
 */
export const readServerFile = async (home: string): Promise<ServerFile | null> => {
  const path = join(home, 'server.json');
  try {
    return ServerFile.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EISDIR')) return null;
    throw new PxError('server_failed', `Expected a file at ${path}, got a folder.`, {
      hint: `Move it away, and px writes the file: mv '${path}' '${path}.old'`,
      cause,
    });
  }
};

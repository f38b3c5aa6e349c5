import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

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

/** Reads `server.json`; null while there is none, or none that this px understands. */
export const readServerFile = async (home: string): Promise<ServerFile | null> => {
  try {
    return ServerFile.parse(JSON.parse(await readFile(join(home, 'server.json'), 'utf8')));
  } catch {
    return null;
  }
};

import * as z from 'zod';
import { PxError } from '../protocol/errors.ts';

/** The one line that a worker reads from its stdin. */
const Config = z
  .strictObject({
    /** The node's own directory; the worker ends when it disappears. */
    dir: z.string().startsWith('/'),
    /** 0: as many as the machine has; the control plane answers the number. */
    slots: z.int().min(0),
    joinToken: z.string().min(1),
    /** `server.json` of an embedded control plane, which comes back on another port. */
    serverFile: z.string().optional(),
    url: z.url().optional(),
    /** The control plane's folder, where it is on this machine: then large bodies go through files. */
    home: z.string().startsWith('/').optional(),
    /** Who runs the jobs, where the worker is root; without it, its own user does. */
    jobUser: z.strictObject({ uid: z.int().min(1), gid: z.int().min(1) }).optional(),
    /** Where the machine's owner says that it takes the machine back: `value`, `graceMs` before. */
    notice: z
      .strictObject({
        url: z.url(),
        /** The same, answered once the value changes. */
        waitUrl: z.url(),
        headers: z.record(z.string(), z.string()),
        value: z.string(),
        graceMs: z.int().min(1),
      })
      .optional(),
    /** Ends, and removes `dir`, after so long without a word of a control plane. */
    aloneMs: z.int().min(1).optional(),
  })
  .refine((config) => config.serverFile !== undefined || config.url !== undefined, {
    error: 'serverFile or url',
  });
export type Config = z.infer<typeof Config>;

/** Parses that line; what it holds is never shown, since the join token is in it. */
export const parseConfig = (line: string): Config => {
  try {
    return Config.parse(JSON.parse(line));
  } catch (cause) {
    const expected = '{"dir", "slots", "joinToken", "serverFile" or "url"}';
    throw new PxError('bad_config', `Expected one line of JSON on stdin: ${expected}.`, { cause });
  }
};

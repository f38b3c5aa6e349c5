import * as z from 'zod';
import { Count, Timestamp } from './common.ts';

/** The one answer that needs no token. `status` is red where the disk is full, read-only or damaged. */
export const Health = z.object({
  status: z.enum(['ok', 'red']),
  version: z.string(),
  protocol: z.int(),
  /** Why it is red, with what to do. */
  problem: z.string().nullable(),
});
export type Health = z.infer<typeof Health>;

/** What `px server status` shows. */
export const ServerStatus = z.object({
  id: z.string(),
  pid: z.int(),
  version: z.string(),
  protocol: z.int(),
  startedAt: Timestamp,
  clusters: Count,
  runningJobs: Count,
  dataBytes: Count,
});
export type ServerStatus = z.infer<typeof ServerStatus>;

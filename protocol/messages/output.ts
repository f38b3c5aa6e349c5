import * as z from 'zod';
import { ErrorBody } from '../errors.ts';
import { Sha256 } from '../ids.ts';
import { Count, queryFlag, Timestamp } from './common.ts';
import { JobView, Outcome } from './jobs.ts';

/** 1 = stdout, 2 = stderr. */
export const Stream = z.union([z.literal(1), z.literal(2)]);
export type Stream = z.infer<typeof Stream>;

/** `live`: chunks as they are recorded. `final`: each partition once, whole, from one attempt. */
export const View = z.enum(['live', 'final', 'none']);
export type View = z.infer<typeof View>;

/**
 * The query of `GET /v1/jobs/{id}/output`. `cursor` is that of the last frame that the reader wrote;
 * it is opaque and belongs to these same view settings. Without `follow` the answer ends with what
 * is recorded now.
 */
export const OutputQuery = z.object({
  follow: queryFlag.optional(),
  cursor: z.string().optional(),
  stdout: View.optional(),
  stderr: View.optional(),
  order: queryFlag.optional(),
  /** Only this partition. */
  partition: z.coerce.number().int().min(0).optional(),
  /** This reader paces the job: claims slow down while it lags (`px run`, not `logs`). */
  pace: queryFlag.optional(),
  /**
   * The reader can read the control plane's own files: it gets the places of large chunks in them
   * instead of their bytes, and looks at the hashes itself.
   */
  files: queryFlag.optional(),
});
export type OutputQuery = z.infer<typeof OutputQuery>;

/** Headers of the frames of an output stream, and lines of its NDJSON form (then `data` is base64). */
export const OutputFrame = z.discriminatedUnion('t', [
  /** Bytes of one attempt's stream follow as the frame's body, or stand in a file (`files`). */
  z.object({
    t: z.literal('chunk'),
    cursor: z.string(),
    partition: Count,
    attempt: Count,
    stream: Stream,
    /** `path` is relative to the control plane's folder. */
    file: z.object({ path: z.string(), offset: Count, length: Count, sha256: Sha256 }).optional(),
  }),
  /** An attempt that does not count ended; the partition runs again. */
  z.object({
    t: z.literal('superseded'),
    cursor: z.string(),
    partition: Count,
    attempt: Count,
    outcome: Outcome,
    node: z.string(),
  }),
  /** A partition is final; in the final view its chunks stand before this frame. */
  z.object({
    t: z.literal('committed'),
    cursor: z.string(),
    partition: Count,
    attempt: Count,
    outcome: Outcome,
    node: z.string().nullable(),
    lines: Count,
    firstLine: Count,
    startedAt: Timestamp.nullable(),
    runtimeMs: Count,
    inputBytes: Count,
    outputBytes: Count,
    hash: Sha256.nullable(),
  }),
  /** At most once a second, and as a heartbeat. `cursor` is where the reader is. */
  z.object({
    t: z.literal('progress'),
    cursor: z.string(),
    job: JobView,
    /** Why nothing of the job moves now, for people; null where it does. */
    waiting: z.string().nullable().default(null),
  }),
  /** What was recorded cannot be read (`output_damaged`); the stream ends here. */
  z.object({ t: z.literal('error'), cursor: z.string(), error: ErrorBody.shape.error }),
  /** The job is final and everything before has been sent. */
  z.object({ t: z.literal('end'), cursor: z.string(), job: JobView }),
]);
export type OutputFrame = z.infer<typeof OutputFrame>;

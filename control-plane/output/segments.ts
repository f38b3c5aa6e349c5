import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Space, translateWrite } from '../disk.ts';
import { SegmentFiles } from './segment-files.ts';

/** Where a chunk stands. */
export interface Place {
  segment: number;
  offset: number;
  length: number;
}

/** The committed end of a job's output. */
interface End {
  segment: number;
  length: number;
}

/**
 * Output of jobs on disk: append-only segments of 64 MiB under `jobs/<id>/out/`. Order of a report:
 * write at the committed end → fdatasync → COMMIT of the new end → reply. What a crash left behind
 * the committed end is overwritten by the next write.
 */
export interface Segments {
  /** Writes chunks one after the other from `end`; returns their places and the new end. Not durable yet. */
  write(
    jobId: string,
    end: End,
    chunks: readonly Uint8Array[],
  ): Promise<{ places: Place[]; end: End }>;
  /** Makes everything written so far durable. A failed sync throws a bare Error: the process must stop. */
  sync(): Promise<void>;
  /** The bytes of a chunk; fewer than asked for means damage. */
  read(jobId: string, place: Place): Promise<Uint8Array>;
  /** The path of a segment, relative to the control plane's folder. */
  fileOf(jobId: string, segment: number): string;
  /** Deletes a job's output. */
  remove(jobId: string): Promise<void>;
}

/** 64 MiB: large enough that files stay few, small enough to delete and check one at a time. */
const SEGMENT_BYTES = 64 << 20;

/** 512 pieces: below the kernel's limit of 1,024 for one writev. */
const PIECES_MAX = 512;

interface SegmentsOptions {
  dataDir: string;
  space: Space;
  /** Called with a failed sync, which leaves unknown what is durable: the process must stop. */
  fatal: (error: Error) => void;
}

/** A run of chunks that goes to one segment in one write. */
interface Run {
  segment: number;
  offset: number;
  pieces: Uint8Array[];
}

const layOut = (end: End, chunks: readonly Uint8Array[]) => {
  const places: Place[] = [];
  const runs: Run[] = [];
  let { segment, length } = end;
  for (const chunk of chunks) {
    if (length > 0 && length + chunk.length > SEGMENT_BYTES) {
      segment += 1;
      length = 0;
    }
    places.push({ segment, offset: length, length: chunk.length });
    const run = runs.at(-1);
    if (chunk.length === 0) continue;
    if (run?.segment === segment && run.pieces.length < PIECES_MAX) run.pieces.push(chunk);
    else runs.push({ segment, offset: length, pieces: [chunk] });
    length += chunk.length;
  }
  return { places, runs, end: { segment, length } };
};

/** Segments on a local disk. Throws `disk_full` from `write`; it heals by itself. */
export const createSegments = ({ dataDir, space, fatal }: SegmentsOptions): Segments => {
  const files = new SegmentFiles();
  const folderOf = (jobId: string): string => join(dataDir, 'jobs', jobId, 'out');
  const fileOf = (jobId: string, segment: number): string =>
    join('jobs', jobId, 'out', `${segment}`);
  const pathOf = (jobId: string, segment: number): string => join(dataDir, fileOf(jobId, segment));
  return {
    write: async (jobId, from, chunks) => {
      const { places, runs, end } = layOut(from, chunks);
      try {
        await space.check();
        for (const run of runs) {
          await files.write(pathOf(jobId, run.segment), run.pieces, run.offset);
        }
      } catch (cause) {
        throw translateWrite(cause);
      }
      return { places, end };
    },
    sync: async () => {
      try {
        await files.sync();
      } catch (cause) {
        const error = new Error('A sync of job output failed.', { cause });
        fatal(error);
        throw error;
      }
    },
    read: (jobId, place) => files.read(pathOf(jobId, place.segment), place.offset, place.length),
    fileOf,
    remove: async (jobId) => {
      await files.close(`${folderOf(jobId)}/`);
      await rm(folderOf(jobId), { recursive: true, force: true });
    },
  };
};

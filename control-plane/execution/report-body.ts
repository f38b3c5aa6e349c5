import { hash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import { decodeFrames } from '../../protocol/frames.ts';
import { CHUNK_MAX_BYTES, ReportFrame } from '../../protocol/messages/worker.ts';
import { leaseName } from './lease-table.ts';

export type Kind<T extends ReportFrame['t']> = Extract<ReportFrame, { t: T }>;

/** A chunk of output whose bytes are what its hash says. */
export interface Chunk {
  header: Kind<'chunk'>;
  body: Uint8Array;
  sum: Buffer;
}

/** What a report says of one lease, in its order. */
export interface LeaseReport {
  job: string;
  partition: number;
  epoch: string;
  started: boolean;
  chunks: Chunk[];
  /** How the lease ended, where it did. */
  end: Kind<'done' | 'released' | 'refused'> | null;
}

const parseFrame = (header: unknown): ReportFrame => {
  const parsed = ReportFrame.safeParse(header);
  if (parsed.success) return parsed.data;
  throw new PxError('bad_request', `A frame of the report is malformed: ${parsed.error.message}`);
};

const checkChunk = (header: Kind<'chunk'>, body: Uint8Array): Chunk => {
  if (body.length > CHUNK_MAX_BYTES) {
    throw new PxError('too_large', `Expected a chunk of 1 MiB at most, got ${body.length} bytes.`);
  }
  const sum = hash('sha256', body, 'buffer');
  if (sum.toString('hex') !== header.sha256) {
    throw new PxError('hash_mismatch', 'A chunk was damaged on its way; send it again.');
  }
  return { header, body, sum };
};

/** Adds what a frame says to its lease. */
const take = (lease: LeaseReport, header: ReportFrame, body: Uint8Array): void => {
  if (lease.end !== null) {
    throw new PxError('bad_request', 'A lease has frames after the one that ends it.');
  }
  switch (header.t) {
    case 'started':
      lease.started = true;
      return;
    case 'chunk':
      lease.chunks.push(checkChunk(header, body));
      return;
    default:
      lease.end = header;
  }
};

/** The leases of a report in the order of their first frame. Throws where the body was cut off. */
export const readReport = (bytes: Uint8Array): LeaseReport[] => {
  const leases = new Map<string, LeaseReport>();
  for (const frame of decodeFrames(bytes)) {
    const header = parseFrame(frame.header);
    const { job, partition, epoch } = header;
    const name = leaseName(job, partition, epoch);
    const known = leases.get(name);
    const lease = known ?? { job, partition, epoch, started: false, chunks: [], end: null };
    if (known === undefined) leases.set(name, lease);
    take(lease, header, frame.body);
  }
  return [...leases.values()];
};

import { hash } from 'node:crypto';
import { PxError } from '../../protocol/errors.ts';
import { FrameDecoder } from '../../protocol/frames.ts';
import { CHUNK_MAX_BYTES, ReportFrame } from '../../protocol/messages/worker.ts';

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

/** Sorts frames by lease as they come. */
class ReportReader {
  readonly #decoder = new FrameDecoder();
  readonly #leases = new Map<string, LeaseReport>();

  push(bytes: Uint8Array): void {
    for (const frame of this.#decoder.push(bytes)) {
      this.#take(parseFrame(frame.header), frame.body);
    }
  }

  /** The leases in the order of their first frame. Throws where the body was cut off. */
  end(): LeaseReport[] {
    if (!this.#decoder.empty) throw new PxError('bad_request', 'The body ends inside a frame.');
    return [...this.#leases.values()];
  }

  #take(header: ReportFrame, body: Uint8Array): void {
    const lease = this.#leaseOf(header);
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
  }

  #leaseOf({ job, partition, epoch }: ReportFrame): LeaseReport {
    const name = `${job} ${partition} ${epoch}`;
    const known = this.#leases.get(name);
    if (known !== undefined) return known;
    const fresh = { job, partition, epoch, started: false, chunks: [], end: null };
    this.#leases.set(name, fresh);
    return fresh;
  }
}

/** Reads a report; nothing of it counts before its body is whole. */
export const readReport = async (body: ReadableStream<Uint8Array>): Promise<LeaseReport[]> => {
  const reader = new ReportReader();
  for await (const bytes of body) reader.push(bytes);
  return reader.end();
};

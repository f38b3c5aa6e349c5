import { decodeFrames } from '../../protocol/frames.ts';
import { type Lease, type LeaseKey, ReportFrame } from '../../protocol/messages/worker.ts';
import { type Answer, sha256 } from './fake-http.ts';

/** What was recorded of one lease, by the rules of the protocol. */
export interface Recorded {
  lease: Lease;
  started: boolean;
  chunks: { stream: 1 | 2; bytes: Buffer; sum: Buffer }[];
  end: Extract<ReportFrame, { t: 'done' | 'released' | 'refused' }> | null;
  /** Frames that were repeated and acknowledged again. */
  repeated: number;
}

export const nameOf = ({ job, partition, epoch }: LeaseKey): string =>
  `${job} ${partition} ${epoch}`;

/** The rules of reports: epochs, seqs, sums, each thing once. */
export class FakeRecords {
  readonly all: Recorded[] = [];
  readonly revoked = new Set<string>();
  /** Breaches of the protocol; a test asserts that there are none. */
  readonly breaches: string[] = [];
  readonly #isStored: (blob: string) => boolean;

  constructor(isStored: (blob: string) => boolean) {
    this.#isStored = isStored;
  }

  isCurrent(key: LeaseKey): boolean {
    return (
      !this.revoked.has(nameOf(key)) &&
      this.all.some(({ lease, end }) => nameOf(lease) === nameOf(key) && end === null)
    );
  }

  /** Applies a report; what the answer says is what a control plane would say. */
  report(body: Buffer): Answer {
    const results = new Map<string, LeaseKey & { status: 'ok' | 'stale' | 'gap'; seq: number }>();
    for (const frame of decodeFrames(body)) {
      const header = ReportFrame.parse(frame.header);
      const key = { job: header.job, partition: header.partition, epoch: header.epoch };
      const record = this.all.find(({ lease }) => nameOf(lease) === nameOf(key));
      const earlier = results.get(nameOf(key));
      if (earlier !== undefined && earlier.status !== 'ok') continue;
      const status =
        record === undefined || this.revoked.has(nameOf(key))
          ? 'stale'
          : this.#take(record, header, frame.body);
      results.set(nameOf(key), { ...key, status, seq: record?.chunks.length ?? 0 });
    }
    return { json: { results: [...results.values()] } };
  }

  #take(record: Recorded, header: ReportFrame, body: Uint8Array): 'ok' | 'stale' | 'gap' {
    switch (header.t) {
      case 'started':
        record.started = true;
        return 'ok';
      case 'chunk': {
        if (header.sha256 !== sha256(body)) this.breaches.push('a chunk with a wrong sum');
        if (body.length > 1 << 20 || body.length === 0)
          this.breaches.push('a chunk of a wrong size');
        if (header.seq > record.chunks.length) return 'gap';
        if (header.seq < record.chunks.length || record.end !== null) {
          record.repeated += 1;
          return 'ok';
        }
        record.started = true;
        const bytes = Buffer.from(body);
        record.chunks.push({
          stream: header.stream,
          bytes,
          sum: Buffer.from(header.sha256, 'hex'),
        });
        return 'ok';
      }
      default:
        return this.#finish(record, header);
    }
  }

  #finish(record: Recorded, end: NonNullable<Recorded['end']>): 'ok' | 'gap' {
    if (record.end !== null) {
      record.repeated += 1;
      return 'ok';
    }
    if (end.t === 'done') {
      if (end.chunks !== record.chunks.length) return 'gap';
      record.started = true;
      const sums = Buffer.concat(record.chunks.map(({ sum }) => sum));
      const bytes = record.chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
      if (end.sha256 !== sha256(sums)) this.breaches.push('a completion with a wrong sum');
      if (end.bytes !== bytes) this.breaches.push('a completion with wrong bytes');
      for (const { sha256: blob } of end.collected) {
        if (blob !== null && !this.#isStored(blob)) this.breaches.push('a file that is not stored');
      }
    }
    record.end = end;
    return 'ok';
  }
}

/** What one stream of a lease has given. */
export const output = ({ chunks }: Recorded, stream: 1 | 2 = 1): Buffer =>
  Buffer.concat(chunks.flatMap((chunk) => (chunk.stream === stream ? chunk.bytes : [])));

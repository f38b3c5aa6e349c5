import { createHash, randomBytes } from 'node:crypto';
import type { Deps } from '../../control-plane/deps.ts';
import type { Call, Principal } from '../../control-plane/handler.ts';
import { workerHandlers } from '../../control-plane/routes/workers.ts';
import { concat, utf8 } from '../../protocol/bytes.ts';
import { decodeFrames, encodeFrame } from '../../protocol/frames.ts';
import type { Outcome } from '../../protocol/messages/jobs.ts';
import {
  type Claim,
  Lease,
  type LeaseKey,
  type ReportFrame,
  type ReportReply,
} from '../../protocol/messages/worker.ts';
import type { RouteName } from '../../protocol/routes.ts';

export const EXIT_0: Outcome = { kind: 'exit', code: 0 };

/** A lease as a worker holds it. */
export interface HeldLease extends Lease {
  body: Uint8Array;
}

/** A frame of a report with its body. */
export type Said = readonly [ReportFrame, Uint8Array?];

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

export const keyOf = ({ job, partition, epoch }: LeaseKey): LeaseKey => ({ job, partition, epoch });

export const started = (lease: LeaseKey): Said => [{ t: 'started', ...keyOf(lease) }];

export const chunk = (lease: LeaseKey, seq: number, text: string): Said => {
  const body = utf8(text);
  return [
    { t: 'chunk', ...keyOf(lease), seq, stream: 1, sha256: sha256(body).toString('hex') },
    body,
  ];
};

interface DoneOptions {
  outcome?: Outcome;
  /** The chunks that were sent before. */
  output?: readonly string[];
  runtimeMs?: number;
  collected?: Extract<ReportFrame, { t: 'done' }>['collected'];
}

export const done = (lease: LeaseKey, options: DoneOptions = {}): Said => {
  const { outcome = EXIT_0, output = [], runtimeMs = 1, collected = [] } = options;
  const bodies = output.map((text) => utf8(text));
  return [
    {
      t: 'done',
      ...keyOf(lease),
      chunks: bodies.length,
      bytes: bodies.reduce((sum, { length }) => sum + length, 0),
      sha256: sha256(concat(bodies.map(sha256))).toString('hex'),
      outcome,
      runtimeMs,
      cpuMs: null,
      peakRssBytes: null,
      collected,
    },
  ];
};

/** All that a partition that prints `output` reports. */
export const ranWith = (lease: LeaseKey, options: DoneOptions = {}): Said[] => [
  started(lease),
  ...(options.output ?? []).map((text, seq) => chunk(lease, seq, text)),
  done(lease, options),
];

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new Response(bytes.slice()).body ?? new ReadableStream();

/** A worker that says what the test has it say, straight to the handlers of the worker routes. */
export class TestWorker {
  readonly nodeId: string;
  readonly #deps: Deps;
  readonly #principal: Principal;

  constructor(deps: Deps, node: { nodeId: string; clusterId: string; incarnation: number }) {
    this.nodeId = node.nodeId;
    this.#deps = deps;
    this.#principal = { role: 'node', isFresh: true, ...node };
  }

  /** The same worker against another start of the control plane. */
  on(deps: Deps): TestWorker {
    const principal = this.#principal;
    if (principal.role !== 'node') throw new Error('Expected a node');
    return new TestWorker(deps, principal);
  }

  async claim(idle: number, options: Partial<Claim> = {}): Promise<HeldLease[]> {
    const json = { nonce: randomBytes(8).toString('hex'), idle, queued: 0, waitMs: 0, ...options };
    const answer = await this.#handlers.workerClaim(this.#call<'workerClaim'>({ json }));
    if (answer instanceof Response) throw new Error('Expected the bytes of frames');
    const frames = decodeFrames(answer);
    return frames.map(({ header, body }) => ({ ...Lease.parse(header), body }));
  }

  async report(said: readonly Said[]): Promise<ReportReply['results']> {
    const bytes = concat(said.map(([header, body]) => encodeFrame(header, body)));
    return await this.reportBytes(bytes);
  }

  async reportBytes(bytes: Uint8Array): Promise<ReportReply['results']> {
    const call = this.#call<'workerReport'>({ bytes: async () => bytes, json: null });
    const reply = await this.#handlers.workerReport(call);
    return reply.results;
  }

  /** A report of so many bytes that stands in the node's file. */
  async reportFile(file: number): Promise<ReportReply['results']> {
    const call = this.#call<'workerReport'>({ json: null, query: { file } });
    return (await this.#handlers.workerReport(call)).results;
  }

  async renew(leases: readonly LeaseKey[]): Promise<LeaseKey[]> {
    const json = { leases: leases.map(keyOf) };
    return (await this.#handlers.workerRenew(this.#call<'workerRenew'>({ json }))).stale;
  }

  async control(leases: readonly LeaseKey[], waitMs = 0, jobs: string[] = []) {
    const json = { leases: leases.map(keyOf), jobs, waitMs };
    return await this.#handlers.workerControl(this.#call<'workerControl'>({ json }));
  }

  async leave(): Promise<void> {
    await this.#handlers.workerLeave(this.#call<'workerLeave'>({ json: null }));
  }

  async job(id: string) {
    return await this.#handlers.workerJob(this.#call<'workerJob'>({ params: { id }, json: null }));
  }

  async input({ job, partition, epoch }: LeaseKey): Promise<Uint8Array> {
    const params = { id: job, partition: String(partition) };
    const call = this.#call<'workerInput'>({ params, query: { epoch }, json: null });
    return new Uint8Array(await (await this.#handlers.workerInput(call)).arrayBuffer());
  }

  get #handlers() {
    return workerHandlers(this.#deps);
  }

  #call<N extends RouteName>(parts: Partial<Call<N>>): Call<N> {
    return {
      params: {},
      query: {} as Call<N>['query'],
      json: null as Call<N>['json'],
      body: () => streamOf(new Uint8Array(0)),
      bytes: async () => new Uint8Array(0),
      headers: new Headers(),
      signal: new AbortController().signal,
      principal: this.#principal,
      ...parts,
    };
  }
}

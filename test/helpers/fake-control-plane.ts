import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeFrame } from '../../protocol/frames.ts';
import { InputSeal, type JobInput } from '../../protocol/messages/jobs.ts';
import {
  Claim,
  Control,
  Join,
  type Lease,
  Renew,
  type ReportFrame,
  type WorkerJob,
} from '../../protocol/messages/worker.ts';
import type { RouteName } from '../../protocol/routes.ts';

/** What the network or the control plane does to one request instead of answering it. */
export type Fault = 'lose-request' | 'lose-reply' | { status: number; body: string };

import { FakeBlobs } from './fake-blobs.ts';
import { type Answer, failure, findRoute, readBody, sha256 } from './fake-http.ts';
import { FakeRecords, nameOf, type Recorded } from './fake-records.ts';

type Done = Extract<ReportFrame, { t: 'done' }>;

/** The worker routes of a control plane, in memory, with every rule that a worker can notice. */
export class FakeControlPlane {
  readonly joinToken = 'join-token';
  slots = 2;
  leaseMs = 30_000;
  nodeToken = '';
  incarnation = 0;
  stopped = false;
  draining = false;
  /** Decides about each request; null = it is answered. */
  fault: (route: RouteName, count: number) => Fault | null = () => null;
  readonly releaseAsked = new Set<string>();
  readonly endedJobs = new Set<string>();
  readonly counts = new Map<RouteName, number>();
  readonly globs = new Map<string, { bytes: Buffer; sealed: boolean }>();
  readonly #store = new FakeBlobs();
  readonly blobs = this.#store.all;
  readonly fetched = this.#store.fetched;
  readonly #records = new FakeRecords((blob) => this.blobs.has(blob));
  readonly records = this.#records.all;
  readonly revoked = this.#records.revoked;
  readonly breaches = this.#records.breaches;
  readonly #jobs = new Map<string, WorkerJob>();
  readonly #inputs = new Map<string, Buffer>();
  readonly #waiting: { lease: Lease; input: Buffer }[] = [];
  #lastClaim: { nonce: string; frames: Buffer } | null = null;
  #epochs = 0;
  #changed: (() => void)[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.breaches.push(String(error));
        response.destroy();
      });
    });
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  async listen(port = 0): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.stopped = true;
    this.#wake();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Stops serving; what is known stays, for the next `listen`. */
  async unlisten(): Promise<void> {
    this.dropPolls();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Cuts every connection: long polls are asked again. */
  dropPolls(): void {
    this.#wake();
    this.#server.closeAllConnections();
  }

  addBlob(bytes: Uint8Array | string): string {
    return this.#store.add(bytes);
  }

  addBundle(...bundle: Parameters<FakeBlobs['addBundle']>): string {
    return this.#store.addBundle(...bundle);
  }

  addJob(job: Partial<Omit<WorkerJob, 'command'>> & { command: string | string[] }): string {
    const id = `j${randomBytes(5).toString('hex')}`;
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const input: JobInput = job.input ?? { kind: 'none' };
    this.#jobs.set(id, {
      bundle: null,
      workdir: '',
      timeoutMs: null,
      crashRetries: 2,
      collect: [],
      setup: null,
      everyNode: false,
      env: { env: {}, secrets: {} },
      ...job,
      job: id,
      input,
      command:
        typeof job.command === 'string'
          ? { kind: 'shell', source: base64(job.command) }
          : { kind: 'argv', words: job.command.map(base64) },
    });
    return id;
  }

  /** Offers a lease of the job; returns what is recorded of it. */
  lease(job: string, options: Partial<Lease> & { bytes_?: Uint8Array | string } = {}): Recorded {
    this.#epochs += 1;
    const { bytes_, ...rest } = options;
    const input = Buffer.from(bytes_ ?? '');
    const lease: Lease = {
      job,
      partition: this.records.filter((record) => record.lease.job === job).length,
      epoch: `0123456789abcdef:${this.#epochs}`,
      attempt: 1,
      input: bytes_ === undefined ? 'none' : 'inline',
      bytes: input.length,
      firstLine: 0,
      step: 1,
      lines: 1,
      partitions: 1,
      kind: 'run',
      beside: false,
      opening: 0,
      ...rest,
    };
    const record: Recorded = { lease, started: false, chunks: [], end: null, repeated: 0 };
    this.records.push(record);
    this.#inputs.set(nameOf(lease), input);
    this.#waiting.push({ lease, input });
    this.#wake();
    return record;
  }

  revoke(record: Recorded): void {
    this.revoked.add(nameOf(record.lease));
    this.#wake();
  }

  askBack(record: Recorded): void {
    this.releaseAsked.add(nameOf(record.lease));
    this.#wake();
  }

  endJob(job: string): void {
    this.endedJobs.add(job);
    this.#wake();
  }

  drain(): void {
    this.draining = true;
    this.#wake();
  }

  /** Tells the worker to kill everything and exit. */
  stop(): void {
    this.stopped = true;
    this.#wake();
  }

  /** Waits for the end of a lease. */
  async ended(record: Recorded, timeoutMs = 15_000): Promise<NonNullable<Recorded['end']>> {
    await this.until(() => record.end !== null, timeoutMs, `the end of ${nameOf(record.lease)}`);
    if (record.end === null) throw new Error('unreachable');
    return record.end;
  }

  async done(record: Recorded, timeoutMs = 15_000): Promise<Done> {
    const end = await this.ended(record, timeoutMs);
    if (end.t !== 'done') throw new Error(`Expected done, got ${JSON.stringify(end)}`);
    return end;
  }

  /** Polls with a bound; woken by requests. */
  async until(isTrue: () => boolean, timeoutMs = 15_000, what = 'it'): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!isTrue()) {
      if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  count(route: RouteName): number {
    return this.counts.get(route) ?? 0;
  }

  #wake(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const wake of waiting) wake();
  }

  #wait(ms: number, request: IncomingMessage): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(), ms);
      const end = () => {
        clearTimeout(timer);
        request.socket.off('close', end);
        resolve();
      };
      this.#changed.push(end);
      request.socket.once('close', end);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://fake');
    const found = findRoute(request.method ?? '', url.pathname);
    if (found === null) throw new Error(`no route ${request.method} ${url.pathname}`);
    const { name, params } = found;
    const count = this.count(name) + 1;
    this.counts.set(name, count);
    const fault = this.fault(name, count);
    if (fault === 'lose-request') {
      request.socket.destroy();
      return;
    }
    const body = await readBody(request).catch(() => null);
    if (body === null) return;
    if (typeof fault === 'object' && fault !== null) {
      response.writeHead(fault.status, { 'content-type': 'text/html' }).end(fault.body);
      return;
    }
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    const expected = name === 'workerJoin' ? this.joinToken : this.nodeToken;
    const answer =
      token === expected
        ? await this.#answer(
            name,
            { ...params, ...Object.fromEntries(url.searchParams) },
            body,
            request,
          )
        : failure(401, 'unauthorized');
    if (fault === 'lose-reply') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/octet-stream' });
    response.end(answer.json === undefined ? answer.bytes : JSON.stringify(answer.json));
  }

  async #answer(
    name: RouteName,
    params: Record<string, string>,
    body: Buffer,
    request: IncomingMessage,
  ): Promise<Answer> {
    const json = (): unknown => JSON.parse(body.toString());
    switch (name) {
      case 'workerJoin':
        return this.#join(Join.parse(json()));
      case 'workerClaim':
        return await this.#claim(Claim.parse(json()), request);
      case 'workerReport':
        return this.#records.report(body);
      case 'workerRenew': {
        const { leases } = Renew.parse(json());
        const stale = leases.filter((key) => !this.#records.isCurrent(key));
        return { json: { stale, leaseMs: this.leaseMs } };
      }
      case 'workerControl':
        return await this.#control(Control.parse(json()), request);
      case 'workerLeave':
        return { json: { ok: true } };
      case 'workerJob': {
        const job = this.#jobs.get(params.id ?? '');
        return job === undefined ? failure(404, 'job_not_found') : { json: job };
      }
      case 'workerInput': {
        const key = {
          job: params.id ?? '',
          partition: Number(params.partition),
          epoch: params.epoch ?? '',
        };
        const bytes = this.#inputs.get(nameOf(key));
        return bytes === undefined ? failure(409, 'stale_lease') : { bytes };
      }
      default:
        return this.#bytes(name, params, body);
    }
  }

  #bytes(name: RouteName, params: Record<string, string>, body: Buffer): Answer {
    switch (name) {
      case 'workerBlobsFetch':
        return this.#store.fetch(body);
      case 'workerBlobsMissing':
        return this.#store.missing(body);
      case 'workerBlobsPut':
        return this.#store.put(body);
      case 'workerFilesAppend': {
        const glob = this.globs.get(params.id ?? '') ?? { bytes: Buffer.alloc(0), sealed: false };
        if (Number(params.offset) !== glob.bytes.length) return failure(409, 'offset_mismatch');
        if (sha256(body) !== params.sha256) return failure(422, 'hash_mismatch');
        glob.bytes = Buffer.concat([glob.bytes, body]);
        this.globs.set(params.id ?? '', glob);
        return { json: { length: glob.bytes.length, sealed: false } };
      }
      case 'workerFilesSeal': {
        const glob = this.globs.get(params.id ?? '') ?? { bytes: Buffer.alloc(0), sealed: false };
        const seal = InputSeal.parse(JSON.parse(body.toString()));
        if (seal.length !== glob.bytes.length || seal.sha256 !== sha256(glob.bytes)) {
          return failure(422, 'hash_mismatch');
        }
        this.globs.set(params.id ?? '', { ...glob, sealed: true });
        return { json: { length: seal.length, sealed: true } };
      }
      default:
        throw new Error(`the fake has no ${name}`);
    }
  }

  #join(join: Join): Answer {
    if (join.cpus < 1) this.breaches.push('a worker without cores');
    this.incarnation += 1;
    this.nodeToken = randomBytes(32).toString('hex');
    const { slots, incarnation, leaseMs, nodeToken: token } = this;
    return { json: { node: 'n0123456789', name: 'fake-0', token, slots, incarnation, leaseMs } };
  }

  async #claim({ nonce, idle, waitMs }: Claim, request: IncomingMessage): Promise<Answer> {
    if (this.#lastClaim?.nonce === nonce) return { bytes: this.#lastClaim.frames };
    if (this.#takeable(idle).length === 0 && !this.stopped) await this.#wait(waitMs, request);
    if (request.socket.destroyed) return {};
    const taken = this.#takeable(idle);
    for (const one of taken) this.#waiting.splice(this.#waiting.indexOf(one), 1);
    const frames = Buffer.concat(
      taken.map(({ lease, input }) =>
        encodeFrame(lease, lease.input === 'inline' ? input : undefined),
      ),
    );
    // An empty answer may be repeated as well: it was not about anything.
    if (taken.length > 0) this.#lastClaim = { nonce, frames };
    return { bytes: frames };
  }

  /** Fills idle slots, and a second of work ahead: here, four leases. */
  #takeable(idle: number) {
    const beside = this.#waiting.filter(({ lease }) => lease.beside || lease.kind === 'glob');
    const others = this.#waiting.filter((one) => !beside.includes(one));
    return [...beside, ...others.slice(0, idle === 0 ? 0 : idle + 4)];
  }

  async #control({ leases, jobs, waitMs }: Control, request: IncomingMessage): Promise<Answer> {
    const look = () => ({
      revoke: leases.filter((key) => this.revoked.has(nameOf(key))),
      release: leases.filter((key) => this.releaseAsked.has(nameOf(key))),
      ended: jobs.filter((job) => this.endedJobs.has(job)),
      drain: this.draining,
      stop: this.stopped,
    });
    const isQuiet = (reply: ReturnType<typeof look>) =>
      reply.revoke.length + reply.ended.length + reply.release.length === 0 &&
      !reply.drain &&
      !reply.stop;
    const end = performance.now() + waitMs;
    while (isQuiet(look()) && performance.now() < end && !request.socket.destroyed) {
      await this.#wait(end - performance.now(), request);
    }
    return { json: look() };
  }
}

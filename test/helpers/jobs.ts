import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from '../../control-plane/app.ts';
import type { Deps } from '../../control-plane/deps.ts';
import { allHandlers } from '../../control-plane/handlers.ts';
import type { Share } from '../../control-plane/input/inputs.ts';
import { findJobRow, saveJob } from '../../control-plane/store/job-progress.ts';
import { type Client, createClient } from '../../protocol/client.ts';
import type { Cut, JobInput, JobSpec, JobSubmit } from '../../protocol/messages/jobs.ts';
import { makeTokens } from './app.ts';
import type { Cleanup } from './control-plane.ts';
import { testSpec } from './job-spec.ts';

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** A submit to the cluster `demo` of `makeTokens`. */
export const submission = (over: Partial<JobSpec> = {}): JobSubmit => ({
  cluster: 'demo',
  spec: { ...testSpec, ...over },
  env: { env: {}, secrets: {} },
});

interface Caller {
  client: Client;
  /** With the token of a node of `demo`. */
  node: Client;
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** The whole API over these dependencies, called in-process; makes the cluster `demo`. */
export const createCaller = (deps: Deps): Caller => {
  const app = createApp(deps, allHandlers(deps));
  const tokens = makeTokens(deps);
  const url = 'http://127.0.0.1';
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { authorization: `Bearer ${tokens.client}`, ...init.headers };
    return await app.request(`${url}${path}`, { ...init, headers });
  };
  const ask: typeof fetch = async (input, init) => await app.request(String(input), init);
  return {
    client: createClient({ url, token: tokens.client, fetch: ask }),
    node: createClient({ url, token: tokens.node, fetch: ask }),
    request,
  };
};

type InputKind = Exclude<JobInput['kind'], 'none' | 'files'>;

export const inputOf = (kind: InputKind, separator: '\n' | '\0'): JobInput =>
  kind === 'stdin' ? { kind } : { kind, separator, template: null };

export interface Fed {
  kind: InputKind;
  separator?: '\n' | '\0';
  cut: Cut;
  order?: boolean;
  parallel?: number | null;
}

/** Submits a job that takes input; returns its id. */
export const submitFed = async (client: Client, fed: Fed): Promise<string> => {
  const { kind, separator = '\n', cut, order = false, parallel = null } = fed;
  const json = submission({ input: inputOf(kind, separator), cut, order, parallel });
  return (await client.call('jobSubmit', { json })).id;
};

/** Appends bytes where they belong. */
export const append = async (client: Client, id: string, offset: number, bytes: Uint8Array) => {
  const { length, sealed } = await client.call('inputAppend', {
    params: { id },
    query: { offset, sha256: sha256(bytes) },
    bytes: new Uint8Array(bytes),
  });
  return { length, sealed };
};

export const seal = async (client: Client, id: string, whole: Uint8Array) =>
  await client.call('inputSeal', {
    params: { id },
    json: { length: whole.length, sha256: sha256(whole) },
  });

/** Sends a whole input in pieces of a size, then seals it. */
export const feed = async (client: Client, id: string, whole: Uint8Array, pieceBytes: number) => {
  for (let at = 0; at < whole.length; at += pieceBytes) {
    await append(client, id, at, whole.subarray(at, at + pieceBytes));
  }
  await seal(client, id, whole);
};

/** Takes shares as claims do and stores the progress; `limit` at a time, until none is left. */
export const takeShares = async (deps: Deps, id: string, limit: number): Promise<Share[]> => {
  const shares: Share[] = [];
  for (let idle = 0; idle < 500; ) {
    const job = findJobRow(deps.db, id);
    if (job === undefined || job.cutDone) break;
    const { shares: next, progress } = deps.inputs.take(job, limit, { slots: 2, meanMs: null });
    saveJob(deps.db, { ...job, ...progress });
    shares.push(...next);
    idle = next.length === 0 ? idle + 1 : 0;
    if (next.length === 0) await delay(2);
  }
  return shares;
};

/** Random bytes in which the separator does not occur. */
export const randomLine = (length: number, separator: number): Uint8Array =>
  randomBytes(length).map((byte) => (byte === separator || byte === 0 ? 0x61 : byte));

/** Keeps the process alive while only unreferenced timers wait: Deno ends a test otherwise. */
export const keepAlive = (t: Cleanup): void => {
  const timer = setInterval(() => undefined, 1000);
  t.after(() => clearInterval(timer));
};

import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** What happens to a request on its way. */
export type Fault =
  /** Never forwarded; the connection is reset. */
  | { readonly kind: 'lose-request' }
  /** Forwarded; the answer is dropped and the connection reset. */
  | { readonly kind: 'lose-reply' }
  /** Forwarded and answered, and forwarded again at once. */
  | { readonly kind: 'duplicate' }
  /** Forwarded and answered, and forwarded again when `release` is called. */
  | { readonly kind: 'duplicate-late' }
  /** The sender sees a reset; the request itself arrives after the next one like it. */
  | { readonly kind: 'reorder' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Half of the body arrives, then both sides see a reset. */
  | { readonly kind: 'cut-body' }
  /** Never forwarded; a proxy on the way answers instead. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly type: string;
      readonly body: string;
    };

export interface Rule {
  /** Matched against `METHOD /path?query`. */
  readonly route: RegExp;
  readonly fault: Fault;
  /** Share of the matching requests that are hit; 1 where it is left out. */
  readonly probability?: number;
  /** At most so many hits. */
  readonly count?: number;
}

export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

export interface FaultProxy {
  readonly url: string;
  /** How often each kind of fault struck. */
  readonly struck: ReadonlyMap<Fault['kind'] | 'cut', number>;
  setRules(rules: readonly Rule[]): void;
  /** Called before a request goes on; the request waits for it. */
  onRequest(hook: (passing: Passing) => Promise<void> | void): void;
  /** Called with the whole answer of a request, also of one whose sender never sees it. */
  onAnswer(hook: (passing: Passing, answer: Answer) => void): void;
  /** Forwards a request of the test's own, as it stands. */
  forward(passing: Passing): Promise<Answer>;
  /** Sends the late duplicates; resolves to what the control plane said to each. */
  release(): Promise<Answer[]>;
  /** Everything is reset, or answers alone are held back, until `heal`. */
  cut(what: 'all' | 'replies'): void;
  heal(): void;
  close(): Promise<void>;
}

interface FaultProxyOptions {
  /** Where requests go now; asked for each, since a restarted control plane has another port. */
  readonly target: () => string;
  readonly seed: number;
  readonly rules?: readonly Rule[];
}

// Mulberry32: small, seeded, good enough to deal faults.
const seededRandom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const collect = async (stream: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];

const endToEnd = (headers: Passing['headers'] | IncomingMessage['headers']) =>
  Object.fromEntries(
    Object.entries(headers).filter(
      ([name, value]) => value !== undefined && !HOP_BY_HOP.includes(name),
    ),
  ) as Record<string, string | string[]>;

/** Opens a request to the target; the caller sees the answer's head. `signal` gives it up. */
const open = (target: string, passing: Passing, signal?: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const upstream = request(`${target}${passing.path}`, {
      method: passing.method,
      headers: { ...endToEnd(passing.headers), 'content-length': passing.body.length },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
    });
    upstream.on('response', resolve).on('error', reject).end(passing.body);
  });

const sendHalf = (target: string, passing: Passing): Promise<void> =>
  new Promise((resolve) => {
    const upstream = request(`${target}${passing.path}`, {
      method: passing.method,
      headers: { ...endToEnd(passing.headers), 'content-length': passing.body.length },
      agent: false,
    });
    upstream.on('error', () => resolve());
    upstream.write(passing.body.subarray(0, passing.body.length >> 1), () => {
      upstream.socket?.resetAndDestroy();
      resolve();
    });
  });

/** Resolves once the answer takes more, or never will; leaves no listener behind. */
const hasRoom = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end).off('close', end);
      resolve();
    };
    response.on('drain', end).on('close', end);
  });

class FaultyPath {
  readonly struck = new Map<Fault['kind'] | 'cut', number>();
  readonly late: Passing[] = [];
  readonly #options: FaultProxyOptions;
  readonly #random: () => number;
  readonly #sockets = new Set<Socket>();
  readonly #inFlight = new Set<AbortController>();
  readonly #withheld: ServerResponse[] = [];
  readonly #overtaken = new Map<string, Passing>();
  #rules: { rule: Rule; left: number }[] = [];
  #cut: 'no' | 'all' | 'replies' = 'no';
  requestHook: (passing: Passing) => Promise<void> | void = () => {};
  answerHook: (passing: Passing, answer: Answer) => void = () => {};

  constructor(options: FaultProxyOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.setRules(options.rules ?? []);
  }

  setRules(rules: readonly Rule[]): void {
    this.#rules = rules.map((rule) => ({ rule, left: rule.count ?? Number.POSITIVE_INFINITY }));
  }

  track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
  }

  cut(what: 'all' | 'replies'): void {
    this.#cut = what;
    if (what === 'all') this.reset();
  }

  heal(): void {
    this.#cut = 'no';
    for (const response of this.#withheld.splice(0)) response.socket?.resetAndDestroy();
  }

  reset(): void {
    for (const controller of this.#inFlight) controller.abort();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Forwards and reads the whole answer. */
  async forward(passing: Passing): Promise<Answer> {
    const reply = await open(this.#options.target(), passing);
    const answer = { status: reply.statusCode ?? 0, body: await collect(reply) };
    this.answerHook(passing, answer);
    return answer;
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const passing: Passing = { method, path, headers, body: await collect(incoming) };
    await this.requestHook(passing);
    if (this.#cut !== 'no') this.#count('cut');
    if (this.#cut === 'all') return this.#lose(response);
    if (this.#cut === 'replies') {
      this.#withheld.push(response);
      await this.forward(passing);
      return;
    }
    await this.#strike(this.#pick(passing), passing, response);
    const overtaken = this.#overtaken.get(path);
    if (overtaken !== undefined && overtaken.body !== passing.body) {
      this.#overtaken.delete(path);
      await this.forward(overtaken);
    }
  }

  #count(kind: Fault['kind'] | 'cut'): void {
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
  }

  #pick(passing: Passing): Fault | undefined {
    const name = `${passing.method} ${passing.path}`;
    for (const entry of this.#rules) {
      if (entry.left <= 0 || !entry.rule.route.test(name)) continue;
      if (this.#random() >= (entry.rule.probability ?? 1)) continue;
      entry.left -= 1;
      this.#count(entry.rule.fault.kind);
      return entry.rule.fault;
    }
    return undefined;
  }

  #lose(response: ServerResponse): void {
    response.socket?.resetAndDestroy();
  }

  async #strike(fault: Fault | undefined, passing: Passing, response: ServerResponse) {
    switch (fault?.kind) {
      case 'lose-request':
        return this.#lose(response);
      case 'lose-reply':
        await this.forward(passing);
        return this.#lose(response);
      case 'duplicate':
        await Promise.all([this.#relay(passing, response), this.forward(passing)]);
        return;
      case 'duplicate-late':
        this.late.push(passing);
        return this.#relay(passing, response);
      case 'reorder':
        this.#overtaken.set(passing.path, passing);
        return this.#lose(response);
      case 'delay':
        await new Promise((done) => setTimeout(done, fault.ms));
        return this.#relay(passing, response);
      case 'cut-body':
        await sendHalf(this.#options.target(), passing);
        return this.#lose(response);
      case 'answer':
        response.writeHead(fault.status, { 'content-type': fault.type }).end(fault.body);
        return;
      case undefined:
        return this.#relay(passing, response);
    }
  }

  /** The usual way: the answer streams back as it comes; a sender that goes away ends it. */
  async #relay(passing: Passing, response: ServerResponse): Promise<void> {
    const controller = new AbortController();
    this.#inFlight.add(controller);
    response.on('close', () => controller.abort());
    try {
      const reply = await open(this.#options.target(), passing, controller.signal);
      response.writeHead(reply.statusCode ?? 502, endToEnd(reply.headers));
      // An answer that follows a job may be endless: only JSON is kept for the hook.
      const isKept = reply.headers['content-type']?.startsWith('application/json') === true;
      const parts: Buffer[] = [];
      for await (const part of reply) {
        if (isKept) parts.push(part as Buffer);
        if (!response.write(part)) await hasRoom(response);
      }
      response.end();
      this.answerHook(passing, { status: reply.statusCode ?? 0, body: Buffer.concat(parts) });
    } catch {
      this.#lose(response);
    } finally {
      this.#inFlight.delete(controller);
    }
  }
}

/**
 * A user-space proxy that loses, repeats, delays, reorders and cuts HTTP requests between px's
 * programs, as a bad network does; seeded, so that a run can be repeated.
 */
export const startFaultProxy = async (options: FaultProxyOptions): Promise<FaultProxy> => {
  const proxy = new FaultyPath(options);
  const server = createServer((incoming, response) => {
    proxy.handle(incoming, response).catch(() => response.socket?.resetAndDestroy());
  });
  server.on('connection', (socket) => proxy.track(socket));
  server.requestTimeout = 0;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    struck: proxy.struck,
    setRules: (rules) => proxy.setRules(rules),
    onRequest: (hook) => {
      proxy.requestHook = hook;
    },
    onAnswer: (hook) => {
      proxy.answerHook = hook;
    },
    forward: (passing) => proxy.forward(passing),
    release: () => Promise.all(proxy.late.splice(0).map((passing) => proxy.forward(passing))),
    cut: (what) => proxy.cut(what),
    heal: () => proxy.heal(),
    close: () =>
      new Promise((done) => {
        proxy.reset();
        server.close(() => done());
      }),
  };
};

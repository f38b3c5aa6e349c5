/** The request handler of the app, as both runtimes serve it. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/**
 * Connections that wait to be accepted; the system may allow fewer (net.core.somaxconn). The runtimes' own
 * 511 is too few where a thousand nodes come back at once: who finds no room tries again after 1, 3, 7, 15
 * seconds.
 */
export const LISTEN_BACKLOG = 4096;

/** A server that listens. */
export interface Listener {
  port: number;
  /** Takes no more requests; resolves when those that run have ended, or were cut off. */
  close(): Promise<void>;
}

/** What an entry file brings: everything that differs between Node and Deno. */
export interface Runtime {
  env: Readonly<Record<string, string | undefined>>;
  pid: number;
  /** User of this process; null where there are none. */
  uid: number | null;
  /** A Node that runs the worker's sources. */
  nodePath: string;
  /** Listens on 127.0.0.1, any port. */
  listen(fetch: Fetch): Promise<Listener>;
  /** Calls back on SIGTERM and SIGINT. */
  onSignal(handler: () => void): void;
  /** Ends this process at once, without any farewell (SIGKILL). */
  kill(): void;
  /**
   * Sends what this process asks of the internet by the proxies of an environment; HTTPS_PROXY, HTTP_PROXY,
   * NO_PROXY. None there: directly. Throws where an address is none.
   */
  useProxies(env: Readonly<Record<string, string | undefined>>): void;
  /** A last resort while there is no log file. */
  stderr(text: string): void;
}

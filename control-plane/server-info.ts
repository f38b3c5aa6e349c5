/** The process that serves, as far as routes and loops may know it. */
export interface ServerInfo {
  pid: number;
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Bound to loopback only: then a request's Host must be this machine (DNS rebinding). */
  loopback: boolean;
  /** Aborts when the server stops: long polls answer at once. */
  signal: AbortSignal;
  /** Begins a graceful stop; returns at once. */
  stop(): void;
}

import type { Fetch, Listener, Runtime } from './runtime.ts';

/** A second address on loopback, for what comes through tunnels. */
interface Gate {
  /** What is served there. */
  serve(fetch: Fetch): void;
  /** Listens from the first call on. */
  port(): Promise<number>;
  close(): Promise<void>;
}

/** A gate that nobody asks for its port opens none. */
export const createGate = ({ listen }: Pick<Runtime, 'listen'>): Gate => {
  let served: Fetch | null = null;
  let opened: Promise<Listener> | null = null;
  return {
    serve: (fetch) => {
      served = fetch;
    },
    port: async () => {
      if (served === null) throw new Error('Expected the gate to serve something first.');
      opened ??= listen(served);
      return (await opened).port;
    },
    close: async () => (await opened)?.close(),
  };
};

import type { Clock } from './clock.ts';

/**
 * Wakes long polls: whoever waits on a topic looks at the database again. Level, not edge: make the
 * wait first, look, then await it, so that no notice falls between.
 */
export interface Notices {
  /** Wakes everyone who waits on the topic. */
  notify(topic: string): void;
  /** Resolves `true` on the next notice of any topic, `false` after `ms` or when the signal aborts. */
  wait(topics: readonly string[], ms: number, signal?: AbortSignal): Promise<boolean>;
}

/** Claims wait here: a job was submitted, input became durable, a lease came back. */
export const workTopic = (clusterId: string): string => `work:${clusterId}`;
/** The control channel of a node waits here: cancel, revoke, drain. */
export const nodeTopic = (nodeId: string): string => `node:${nodeId}`;
/** Readers of a job wait here: its log or state changed. */
export const jobTopic = (jobId: string): string => `job:${jobId}`;
/** `cluster up` and `down` wait here: a node or the cluster changed state. */
export const clusterTopic = (clusterId: string): string => `cluster:${clusterId}`;

/** Made once: an abort without a reason makes an error with a stack each time. */
const OVER = new Error('the wait is over');

interface Waiter {
  topics: readonly string[];
  wake: () => void;
}

const add = (waiting: Map<string, Set<Waiter>>, waiter: Waiter): void => {
  for (const topic of waiter.topics) {
    const others = waiting.get(topic);
    if (others === undefined) waiting.set(topic, new Set([waiter]));
    else others.add(waiter);
  }
};

const drop = (waiting: Map<string, Set<Waiter>>, waiter: Waiter): void => {
  for (const topic of waiter.topics) {
    const others = waiting.get(topic);
    others?.delete(waiter);
    if (others?.size === 0) waiting.delete(topic);
  }
};

/** Notices within this process: the one that serves is the only one. */
export const createNotices = (clock: Clock): Notices => {
  const waiting = new Map<string, Set<Waiter>>();
  return {
    notify: (topic) => {
      for (const waiter of [...(waiting.get(topic) ?? [])]) waiter.wake();
    },
    wait: (topics, ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) {
          resolve(false);
          return;
        }
        const timer = new AbortController();
        const end = (noticed: boolean): void => {
          drop(waiting, waiter);
          signal?.removeEventListener('abort', onAbort);
          timer.abort(OVER);
          resolve(noticed);
        };
        const onAbort = (): void => end(false);
        const waiter: Waiter = { topics, wake: () => end(true) };
        add(waiting, waiter);
        signal?.addEventListener('abort', onAbort, { once: true });
        void clock.sleep(ms, timer.signal).then(() => end(false));
      }),
  };
};

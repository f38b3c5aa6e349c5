import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../case.ts';
import { now } from '../clock.ts';
import { startSimulated } from '../simulation/control-plane.ts';
import { claim, joinAll, listen, type Worker } from '../simulation/worker.ts';

const MIB = 1 << 20;

/** After the joins, until everything compiled at the start is done. */
const SETTLE_MS = 5000;

const keepClaiming = async (worker: Worker, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) await claim(worker, signal);
};

/** Workers that wait for work: what their open polls cost the control plane. */
export const idle: Case = {
  name: 'idle',
  run: async (bench) => {
    const count = bench.quick ? 50 : 1000;
    const simulated = await startSimulated(bench, count);
    const over = new AbortController();
    try {
      const workers = await joinAll(simulated);
      const polls = workers.flatMap((worker) => [
        keepClaiming(worker, over.signal),
        listen(worker, over.signal),
      ]);
      const ended = Promise.all(polls).catch((cause: unknown) => {
        if (!over.signal.aborted) throw cause;
      });
      await sleep(bench.quick ? 500 : SETTLE_MS);
      const cpuBefore = simulated.cpuMs();
      const start = now();
      // Two rounds of polls: 25 s each.
      await Promise.race([ended, sleep(bench.quick ? 2000 : 50_000)]);
      const ms = now() - start;
      const share = (simulated.cpuMs() - cpuBefore) / ms;
      over.abort();
      await ended;
      return [
        {
          case: 'idle',
          what: `px, ${count} idle workers`,
          ms,
          ratio: null,
          goal: '< 5 % of a core',
          note: `${(share * 100).toFixed(1)} % of a core; peak ${Math.round(simulated.peakBytes() / MIB)} MB`,
        },
      ];
    } finally {
      over.abort();
      await simulated.stop();
    }
  },
};

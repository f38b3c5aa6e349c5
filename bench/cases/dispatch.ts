import type { Bench, Case, Row } from '../case.ts';
import { now } from '../clock.ts';
import { middle } from '../figures.ts';
import { type Simulated, startSimulated } from '../simulation/control-plane.ts';
import { submit } from '../simulation/job.ts';
import { claim, complete, joinAll, type Worker } from '../simulation/worker.ts';

const MIB = 1 << 20;

/** HyperQueue's published overhead of a task. */
const HYPERQUEUE_MS = 0.1;

/** What attempts claim to have taken: above a second no node gets work ahead, so that a batch is its slots. */
const LONG_MS = 2000;

/** What dispatching and completing so many partitions took. */
interface Dispatch {
  ms: number;
  cpuMs: number;
}

const runJob = async (
  simulated: Simulated,
  workers: readonly Worker[],
  partitions: number,
  runtimeMs: number,
): Promise<Dispatch> => {
  const id = await submit(simulated.user, partitions);
  const over = new AbortController();
  const cpuBefore = simulated.cpuMs();
  const start = now();
  let left = partitions;
  const work = async (worker: Worker): Promise<void> => {
    while (!over.signal.aborted) {
      const leases = await claim(worker, over.signal);
      const done = leases.length === 0 ? 0 : await complete(worker, leases, runtimeMs);
      left -= done;
      if (left === 0) over.abort();
    }
  };
  await Promise.all(
    workers.map((worker) =>
      work(worker).catch((cause: unknown) => {
        if (!over.signal.aborted) throw cause;
      }),
    ),
  );
  const took = { ms: now() - start, cpuMs: simulated.cpuMs() - cpuBefore };
  const { state, counters } = await simulated.user.call('job', { params: { id } });
  if (state !== 'succeeded' || counters.succeeded !== partitions) {
    throw new Error(`Expected ${partitions} partitions done, got ${counters.succeeded} (${state})`);
  }
  return took;
};

const perSecond = (partitions: number, ms: number): string =>
  `${Math.round((partitions / ms) * 1000)}/s`;

const median = (runs: readonly Dispatch[]): Dispatch => ({
  ms: middle(runs.map(({ ms }) => ms)),
  cpuMs: middle(runs.map(({ cpuMs }) => cpuMs)),
});

const rateRows = async (bench: Bench): Promise<Row[]> => {
  const partitions = bench.quick ? 2000 : 100_000;
  const simulated = await startSimulated(bench, bench.quick ? 50 : 1000);
  try {
    const workers = await joinAll(simulated);
    const runs: Dispatch[] = [];
    for (let round = 0; round < bench.rounds; round++) {
      runs.push(await runJob(simulated, workers, partitions, 0));
    }
    const { ms, cpuMs } = median(runs);
    const goal = '>= 10000/s on one core';
    const rates = `${perSecond(partitions, ms)}; ${perSecond(partitions, cpuMs)} per core of the server`;
    const peak = `peak ${Math.round(simulated.peakBytes() / MIB)} MB`;
    const what = `px, ${partitions} partitions, ${workers.length} workers`;
    const hyperqueue = partitions * HYPERQUEUE_MS;
    return [
      { case: 'dispatch', what, ms, ratio: null, goal, note: `${rates}; ${peak}` },
      {
        case: 'dispatch',
        what: 'HyperQueue, as published',
        ms: hyperqueue,
        ratio: ms / hyperqueue,
        goal,
        note: '0.1 ms a task; not run here',
      },
    ];
  } finally {
    await simulated.stop();
  }
};

const SIZES = [10_000, 100_000, 1_000_000];
const SIZES_QUICK = [500, 1000];

/** Cost of a partition as the job grows, batches alike: CPU time of the server, which other load leaves alone. */
const growthRows = async (bench: Bench): Promise<Row[]> => {
  const rows: Row[] = [];
  let first: number | null = null;
  for (const partitions of bench.quick ? SIZES_QUICK : SIZES) {
    const simulated = await startSimulated(bench, bench.quick ? 50 : 1000);
    try {
      const workers = await joinAll(simulated);
      // A server that has just started compiles what it runs: that is no cost of a partition.
      await runJob(simulated, workers, bench.quick ? 500 : 10_000, LONG_MS);
      const { ms, cpuMs } = await runJob(simulated, workers, partitions, LONG_MS);
      const cost = (cpuMs / partitions) * 1000;
      first ??= cost;
      rows.push({
        case: 'dispatch',
        what: `${partitions} partitions, 8 a claim`,
        ms,
        ratio: cost / first,
        goal: 'cost flat within 20 %',
        note: `${cost.toFixed(0)} µs of the server's CPU each; ${perSecond(partitions, ms)}`,
      });
    } finally {
      await simulated.stop();
    }
  }
  return rows;
};

/** Partitions of no work: a real control plane, simulated workers that run nothing. */
export const dispatch: Case = {
  name: 'dispatch',
  run: async (bench) => [...(await rateRows(bench)), ...(await growthRows(bench))],
};

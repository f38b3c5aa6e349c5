import assert from 'node:assert/strict';
import { peakMemory, sleep } from '../../helpers/processes.ts';
import type { Ended, Px, Running } from '../../helpers/px-process.ts';
import { workersOf } from './watch.ts';

const MIB = 1 << 20;
/** The limits of the contract. */
const LIMITS = { cli: 150 * MIB, worker: 150 * MIB, server: 300 * MIB };

type Peaks = Record<keyof typeof LIMITS, number>;

const serverPid = (px: Px): number => {
  try {
    return px.server().pid;
  } catch {
    return 0;
  }
};

/** Samples the peak memory of px's three programs until the command ends. */
export const sampled = async (
  px: Px,
  running: Running,
  timeoutMs?: number,
): Promise<{ ended: Ended; peaks: Peaks }> => {
  const peaks: Peaks = { cli: 0, worker: 0, server: 0 };
  const note = (role: keyof Peaks, pid: number) => {
    peaks[role] = Math.max(peaks[role], peakMemory(pid));
  };
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      note('cli', running.pid);
      note('server', serverPid(px));
      for (const { pid } of workersOf(px)) note('worker', pid);
      await sleep(100);
    }
  })();
  const ended = await running.ended(timeoutMs).finally(() => {
    isOver = true;
  });
  await sampling;
  return { ended, peaks };
};

/** Endless lines: less than what passes through, so that memory that grows with it is seen. */
const ENDLESS_LIMITS = { cli: 220 * MIB, worker: 220 * MIB, server: 300 * MIB };

/** Holds the peaks of a run without newlines to a bound that does not depend on its size. */
export const assertBounded = (peaks: Peaks): void => assertBelow(peaks, ENDLESS_LIMITS);

/** Holds the peaks against the contract: CLI and worker 150 MB, control plane 300 MB. */
export const assertFlat = (peaks: Peaks): void => assertBelow(peaks, LIMITS);

const assertBelow = (peaks: Peaks, limits: Peaks): void => {
  for (const role of ['cli', 'worker', 'server'] as const) {
    const found = Math.round(peaks[role] / MIB);
    assert.ok(peaks[role] > 0, `the ${role} was sampled`);
    assert.ok(peaks[role] < limits[role], `the ${role} peaked at ${found} MiB`);
  }
};

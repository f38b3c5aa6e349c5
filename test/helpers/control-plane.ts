import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBlobs } from '../../control-plane/blobs/create-blobs.ts';
import { createFleet } from '../../control-plane/clusters/fleet.ts';
import { closeDb, openDb } from '../../control-plane/db/open.ts';
import type { Deps } from '../../control-plane/deps.ts';
import { createSpace } from '../../control-plane/disk.ts';
import { failJob, settleJob } from '../../control-plane/execution/cancel.ts';
import { createExecution } from '../../control-plane/execution/state.ts';
import { createInputs } from '../../control-plane/input/create-inputs.ts';
import { createNotices } from '../../control-plane/notices.ts';
import { createPace } from '../../control-plane/output/pace.ts';
import { createSegments } from '../../control-plane/output/segments.ts';
import { createPricing } from '../../control-plane/pricing/create-pricing.ts';
import { createProviders } from '../../control-plane/providers/registry.ts';
import { realClock } from './manual-clock.ts';
import { plainSealer, silentLog, testSettings } from './stand-ins.ts';

/** What `t` is for here: under Node and Deno alike. */
export interface Cleanup {
  after(release: () => void | Promise<void>): void;
}

/**
 * The dependencies of a control plane in a folder of its own, with a real database and real segments;
 * all goes when the test ends. `over` replaces parts (a manual clock, the real input, a folder that
 * another one has used).
 */
export const createTestDeps = (t: Cleanup, over: Partial<Deps> = {}): Deps => {
  const dataDir = over.dataDir ?? mkdtempSync(join(tmpdir(), 'px-test-'));
  const clock = over.clock ?? realClock;
  const settings = over.settings ?? testSettings;
  const fatal =
    over.fatal ??
    ((error: Error) => {
      throw error;
    });
  const db = over.db ?? openDb(join(dataDir, 'px.db'));
  t.after(() => {
    pricing.close();
    if (over.db === undefined && db.$client.open) closeDb(db);
    if (over.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  });
  const space = createSpace(dataDir, settings.freeFloorBytes, clock);
  const notices = createNotices(clock);
  const effects = {
    fail: (jobId: string, problem: Parameters<typeof failJob>[2]) => failJob(deps, jobId, problem),
    settle: (jobId: string) => settleJob(deps, jobId),
  };
  const pricing = createPricing({
    ...{ dataDir, clock, log: silentLog, fetch },
    random: (count) => randomBytes(count),
  });
  const deps: Deps = {
    db,
    dataDir,
    clock,
    random: (count) => randomBytes(count),
    generation: randomBytes(8).toString('hex'),
    log: silentLog,
    settings,
    notices,
    blobs: createBlobs({ dataDir, space, random: (count) => randomBytes(count) }),
    inputs: createInputs({ db, dataDir, clock, notices, space, log: silentLog, effects }),
    segments: createSegments({ dataDir, space, fatal }),
    sealer: plainSealer,
    pace: createPace(),
    execution: createExecution(),
    providers: createProviders([]),
    pricing,
    server: {
      pid: process.pid,
      startedAt: clock.now(),
      loopback: true,
      signal: new AbortController().signal,
      stop: () => undefined,
    },
    fleet: createFleet(),
    isCopy: false,
    fatal,
    ...over,
  };
  return deps;
};

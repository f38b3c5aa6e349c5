import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { toHex } from '../protocol/bytes.ts';
import { createOpenAccounts } from './accounts/open-accounts.ts';
import { runTool } from './accounts/run-tool.ts';
import { createBlobs } from './blobs/create-blobs.ts';
import type { Clock } from './clock.ts';
import { createFleet } from './clusters/fleet.ts';
import { createSealer } from './create-sealer.ts';
import type { Db } from './db/open.ts';
import type { Deps } from './deps.ts';
import { createSpace } from './disk.ts';
import type { Runtime } from './embedded/runtime.ts';
import { failJob, settleJob } from './execution/cancel.ts';
import { createExecution } from './execution/state.ts';
import { createInputs } from './input/create-inputs.ts';
import type { InputEffects } from './input/inputs.ts';
import type { Log } from './log.ts';
import { createNotices } from './notices.ts';
import { createPace } from './output/pace.ts';
import { createSegments } from './output/segments.ts';
import { createPricing } from './pricing/create-pricing.ts';
import type { Provider } from './providers/provider.ts';
import { createProviders } from './providers/registry.ts';
import type { ServerInfo } from './server-info.ts';
import type { Settings } from './settings.ts';

/** What the embedded server, or another host of the app, decides. */
interface DepsOptions {
  home: string;
  db: Db;
  clock: Clock;
  log: Log;
  settings: Settings;
  server: ServerInfo;
  providers: readonly Provider[];
  fatal: (error: Error) => void;
  isCopy: boolean;
  faultPoint: ((name: string) => void) | null;
  /** Environment of the control plane itself. */
  env: Readonly<Record<string, string | undefined>>;
  useProxies: Runtime['useProxies'];
}

/** 64 bits: protocol/epoch.ts. */
const GENERATION_BYTES = 8;

const random = (count: number): Uint8Array => randomBytes(count);

/** Puts the parts of a control plane together. */
export const createDeps = (options: DepsOptions): Deps => {
  const { home, db, clock, log, settings, server, fatal, faultPoint } = options;
  const dataDir = home;
  const notices = createNotices(clock);
  const space = createSpace(dataDir, settings.freeFloorBytes, clock);
  const effects: InputEffects = {
    fail: (jobId, problem) => failJob(deps, jobId, problem),
    settle: (jobId) => settleJob(deps, jobId),
  };
  const deps: Deps = {
    db,
    dataDir,
    clock,
    random,
    generation: toHex(random(GENERATION_BYTES)),
    log,
    settings,
    notices,
    blobs: createBlobs({ dataDir, space, random }),
    inputs: createInputs({ db, dataDir, clock, notices, space, log: log.child('input'), effects }),
    segments: createSegments({ dataDir, space, fatal }),
    sealer: createSealer(join(home, 'key')),
    providers: createProviders(options.providers),
    pricing: createPricing({
      ...{ dataDir, clock, log, random, fetch },
      urls: settings.pricingUrls ?? {},
      openAccounts: createOpenAccounts({
        ...{ env: options.env, fetch, run: runTool, useProxies: options.useProxies },
        now: () => clock.now(),
        isLocal: server.loopback,
        urls: settings.pricingUrls ?? {},
      }),
    }),
    server,
    fleet: createFleet(),
    isCopy: options.isCopy,
    pace: createPace(),
    execution: createExecution(),
    fatal,
    ...(faultPoint === null ? {} : { faultPoint }),
  };
  return deps;
};

import type { BlobStore } from './blobs/blob-store.ts';
import type { Clock } from './clock.ts';
import type { Fleet } from './clusters/fleet.ts';
import type { Db } from './db/open.ts';
import type { Execution } from './execution/state.ts';
import type { Inputs } from './input/inputs.ts';
import type { Log } from './log.ts';
import type { Notices } from './notices.ts';
import type { Pace } from './output/pace.ts';
import type { Segments } from './output/segments.ts';
import type { Pricing } from './pricing/pricing.ts';
import type { Providers } from './providers/registry.ts';
import type { Sealer } from './sealer.ts';
import type { ServerInfo } from './server-info.ts';
import type { Settings } from './settings.ts';

/** Everything that the app reaches outside itself; made once by an entry file or by a test. */
export interface Deps {
  db: Db;
  /** Folder of everything but the database: `blobs/`, `jobs/<id>/`. */
  dataDir: string;
  clock: Clock;
  /** `count` random bytes. */
  random: (count: number) => Uint8Array;
  /** 16 hex digits, drawn at this start (protocol/epoch.ts). */
  generation: string;
  log: Log;
  settings: Settings;
  notices: Notices;
  blobs: BlobStore;
  inputs: Inputs;
  segments: Segments;
  sealer: Sealer;
  providers: Providers;
  pricing: Pricing;
  server: ServerInfo;
  fleet: Fleet;
  /** PX_HOME was copied from elsewhere while it had clusters: they are not touched from here. */
  isCopy: boolean;
  pace: Pace;
  execution: Execution;
  /** Ends the process: after a failed sync nobody knows what is durable. */
  fatal: (error: Error) => void;
  /**
   * Called at named points of a report (`segment-written`, `before-commit`, `before-reply`): where
   * the fault tests kill the process.
   */
  faultPoint?: (name: string) => void;
}

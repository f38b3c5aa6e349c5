import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import type { Defaults } from './process/environment.ts';
import type { KillCounter } from './process/memory.ts';
import type { Supervisor } from './process/supervise.ts';
import type { UsageSampler } from './tree/usage.ts';

/** What every process that this worker starts needs. */
export interface Host extends Supervisor {
  clock: Clock;
  log: Log;
  /** Value of PX_NODE. */
  nodeName: string;
  /** Value of PX_CPUS. */
  cpusPerSlot: number;
  usage: UsageSampler;
  /** How often the kernel has killed for memory. */
  memoryKills: KillCounter;
  defaults: Defaults;
  /** Folder of scripts, which only the worker's user can read. */
  runDir: string;
  argsMaxBytes: number;
  /** Whether the machine's owner is taking it back: what a signal ends then counts as nothing. */
  isTakenBack: () => Promise<boolean>;
}

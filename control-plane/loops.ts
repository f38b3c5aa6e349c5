import { repriceMachines } from './clusters/reprice.ts';
import { tendClusters } from './clusters/tick.ts';
import type { Deps } from './deps.ts';
import { endWhenUnused } from './embedded/lifetime.ts';
import { expireLeases } from './execution/expire.ts';
import { failSilentInputs } from './jobs/silence.ts';
import { sweepRetention } from './retention/sweep.ts';

/** Something that is done again and again for as long as the control plane serves. */
interface Loop {
  name: string;
  everyMs: number;
  run(): Promise<void> | void;
}

/** Leases live 30 seconds: a look a second loses little. Seeing a late tick is the callee's affair. */
const LEASES_EVERY_MS = 1000;
/** A local worker that died is back within a second. */
const CLUSTERS_EVERY_MS = 1000;
/** An input is called silent after a minute. */
const INPUTS_EVERY_MS = 5000;
/** Retention counts in days, and a quota is passed slowly. */
const RETENTION_EVERY_MS = 60_000;
/** A spot price changes within hours: a minute of the wrong one is nothing. */
const MACHINE_PRICES_EVERY_MS = 60_000;
/** Prices are refreshed when they are a day old. */
const PRICES_EVERY_MS = 600_000;

const loopsOf = (deps: Deps, signal: AbortSignal): Loop[] => {
  const endUnused = endWhenUnused(deps);
  const expire = (): void => expireLeases(deps, deps.clock.monotonic());
  return [
    { name: 'leases', everyMs: LEASES_EVERY_MS, run: expire },
    // Not waited for: a cloud that takes its time with one cluster holds no other one up.
    { name: 'clusters', everyMs: CLUSTERS_EVERY_MS, run: () => void tendClusters(deps) },
    { name: 'inputs', everyMs: INPUTS_EVERY_MS, run: () => failSilentInputs(deps) },
    {
      name: 'retention',
      everyMs: RETENTION_EVERY_MS,
      run: () => sweepRetention(deps, deps.clock.now()),
    },
    { name: 'machine prices', everyMs: MACHINE_PRICES_EVERY_MS, run: () => repriceMachines(deps) },
    { name: 'prices', everyMs: PRICES_EVERY_MS, run: () => deps.pricing.refresh(signal) },
    { name: 'lifetime', everyMs: CLUSTERS_EVERY_MS, run: endUnused },
  ];
};

const repeat = async (deps: Deps, loop: Loop, signal: AbortSignal): Promise<void> => {
  const log = deps.log.child('loops');
  while (!signal.aborted) {
    try {
      await loop.run();
    } catch (cause) {
      const stack = cause instanceof Error ? cause.stack : String(cause);
      log.error('A loop failed; it goes on.', { loop: loop.name, stack });
    }
    await deps.clock.sleep(loop.everyMs, signal);
  }
};

/** Starts everything that happens by itself. `stop` resolves when the last one has ended. */
export const startLoops = (deps: Deps): { stop(): Promise<void> } => {
  const ending = new AbortController();
  const running = loopsOf(deps, ending.signal).map((loop) => repeat(deps, loop, ending.signal));
  return {
    stop: async () => {
      ending.abort();
      await Promise.all([...running, ...deps.fleet.tending.values()]);
    },
  };
};

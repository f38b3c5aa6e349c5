// What other parts of the control plane bring, in the least form that the tests of one part need.
import type { Log } from '../../control-plane/log.ts';
import type { Sealer } from '../../control-plane/sealer.ts';
import type { Settings } from '../../control-plane/settings.ts';

export const silentLog: Log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

export const testSettings: Settings = {
  retainMs: 30 * 86_400_000,
  quotaBytes: 20 * 2 ** 30,
  freeFloorBytes: 0,
  lifetimeMs: null,
  leaseMs: 30_000,
  remoteLeaseMs: 900_000,
  tunnelLossMs: 90_000,
  unattendedMs: 60_000,
  settleMs: 10_000,
  inputSilenceMs: 60_000,
};

export const plainSealer: Sealer = { seal: (plain) => plain, open: (sealed) => sealed };

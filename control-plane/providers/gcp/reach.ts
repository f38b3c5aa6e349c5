import { PxError } from '../../../protocol/errors.ts';
import type { Clock } from '../../clock.ts';
import type { SshTarget } from '../../machines/target.ts';
import type { NodeSite } from '../provider.ts';
import type { Compute } from './compute.ts';
import type { OwnKey } from './key.ts';
import { type Machine, readHostKeys } from './machines.ts';

/** The user whom the guest agent makes of the metadata; it may become root without a password. */
export const LOGIN = 'px';
/** Google's own range of addresses for tunnels to machines without an external one. */
export const TUNNEL_RANGE = '35.235.240.0/20';

/** Three minutes: images boot in 10 to 40 seconds. */
const BOOT_MS = 180_000;
/** 125 ms: nobody notices. */
const LOOK_EVERY_MS = 125;
/** 16 looks a second for all machines that boot: two thirds of the 1,500 reads a minute of a project. */
const LOOK_SHARE_MS = 60;

/** What a create says whose machine is to go again. */
const unwanted = (name: string): PxError =>
  new PxError('provider_refused', `Nobody wants ${name} any more.`);

/** `booting` counts the machines that are waited for; the signal aborts where nobody wants this one. */
interface BootWait {
  booting: { count: number };
  signal: AbortSignal | undefined;
}

/** The machine's host keys, as soon as its guest agent has published them: before any job ran there. */
export const awaitHostKeys = async (
  compute: Compute,
  project: string,
  machine: Pick<Machine, 'zone' | 'name'>,
  wait: BootWait,
): Promise<string[]> => {
  wait.booting.count += 1;
  try {
    return await lookForKeys(compute, project, machine, wait);
  } finally {
    wait.booting.count -= 1;
  }
};

const lookForKeys = async (
  compute: Compute,
  project: string,
  machine: Pick<Machine, 'zone' | 'name'>,
  { booting, signal }: BootWait,
): Promise<string[]> => {
  const { clock } = compute;
  const until = clock.monotonic() + BOOT_MS;
  for (;;) {
    const keys = await readHostKeys(compute, project, machine);
    if (keys.length > 0) return keys;
    if (signal?.aborted) throw unwanted(machine.name);
    if (clock.monotonic() >= until) {
      throw new PxError(
        'provider_refused',
        `${machine.name}: its image published no host keys within ${BOOT_MS / 1000} s.`,
        { hint: 'Take an image with the guest agent of Google, or leave cluster.image out.' },
      );
    }
    await clock.sleep(Math.max(LOOK_EVERY_MS, booting.count * LOOK_SHARE_MS), signal);
  }
};

/** What names an account to gcloud. */
const GCLOUD = /^(HOME$|CLOUDSDK_)/;

/** The tunnels of px's own connections are made by the account that made the machines. */
export const tunneledAs = (target: SshTarget, { access }: Pick<NodeSite, 'access'>): SshTarget => {
  if (target.proxyCommand === undefined) return target;
  const named = Object.entries(access.env).filter(([name]) => GCLOUD.test(name));
  return { ...target, env: Object.fromEntries(named) };
};

/** Who is reached, by which key, and by which of its own keys it is known. */
export const targetOf = (
  project: string,
  machine: { name: string; zone: string; address: string | null },
  key: OwnKey,
  hostKeys: readonly string[],
): SshTarget => ({
  host: machine.address ?? machine.name,
  user: LOGIN,
  sudo: true,
  hasGuests: true,
  identityFiles: [key.file],
  configFile: 'none',
  hostKeys,
  ...(machine.address === null
    ? {
        proxyCommand: `gcloud compute start-iap-tunnel ${machine.name} 22 --listen-on-stdin --project=${project} --zone=${machine.zone} --quiet`,
      }
    : {}),
});

/** sshd may come up after the keys were published, and its users after that. */
const LOGIN_MS = 60_000;
/** 500 ms: newer sshds keep those out for a while who fail several times in a row. */
const LOGIN_PAUSE_MS = 500;

/** Tries again while the machine still boots. Throws what the last try said. */
export const whileBooting = async <T>(
  clock: Clock,
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> => {
  const until = clock.monotonic() + LOGIN_MS;
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      const isOver = clock.monotonic() >= until || signal?.aborted;
      const isKnown = cause instanceof PxError && cause.code === 'provider_refused';
      if (isOver || !isKnown) throw cause;
      await clock.sleep(LOGIN_PAUSE_MS, signal);
    }
  }
};

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_ACCESS } from '../../control-plane/clusters/site.ts';
import type { Machines } from '../../control-plane/machines/machines.ts';
import type { SshTarget } from '../../control-plane/machines/target.ts';
import { createGcpProvider } from '../../control-plane/providers/gcp/gcp.ts';
import type { NodeOrder, NodePlan, Provider } from '../../control-plane/providers/provider.ts';
import type { ClusterSpec } from '../../protocol/messages/clusters.ts';
import type { RankedOffer } from '../../protocol/messages/pricing.ts';
import { type Gce, startGce } from '../emulators/gce/start.ts';
import type { Cleanup } from './control-plane.ts';
import { realClock } from './manual-clock.ts';

const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIFDgHjYkzjD5s6PIdrm8s';

/** A cloud on paper, whose machines publish their host keys as they run. */
export const startOnPaper = async (t: Cleanup) => {
  const gce = await startGce(t);
  const timer = setInterval(() => {
    for (const vm of gce.vms.values()) vm.guestAttributes.set('hostkeys/ssh-ed25519', KEY);
  }, 5);
  t.after(() => {
    clearInterval(timer);
    assert.deepEqual(gce.problems, [], "the vendor's description allows it");
  });
  return gce;
};

/** Machines that exist on paper take every worker; how each was to be reached joins `targets`. */
const paperMachines = (targets: SshTarget[]): Machines => ({
  pack: () => undefined,
  raise: async ({ target }) => {
    targets.push(target);
    return { phases: { start: 1 } };
  },
  tend: async (_, target) => {
    targets.push(target);
    return { state: 'running', problem: 'its connection is down', hasGuests: false };
  },
  raze: async () => undefined,
  forget: async () => undefined,
  close: async () => undefined,
});

/** The emulated cloud's own price list, cheapest first. */
const offersOf = ({ zones, types }: Gce, names: readonly string[], spot: boolean): RankedOffer[] =>
  names.flatMap((name) => {
    const type = types.get(name);
    if (type === undefined) return [];
    return [...zones].map(([zone, region]) => ({
      ...{ cloud: 'gcp', region, zone, instance_type: name, vcpus: type.cpus },
      ...{ memory_gib: type.memoryMb / 1024, arch: type.arch === 'ARM64' ? 'arm64' : 'x86_64' },
      ...{ burstable: false, bare_metal: false, gpu_name: '', gpu_count: 0, prev_gen: false },
      ...{ price: type.price, spot_price: type.spotPrice, as_of: '', source: '' },
      ...{ local_disk_gb: 0, spot_as_of: null, interruption: null, catalog: '', spot },
      ...{ compute: spot ? type.spotPrice : type.price, disk: 0.0068, address: 0.005 },
      ...{ total: type.price + 0.0118, cost: type.price },
    }));
  });

/** Waits of seconds take milliseconds. */
const fastClock = {
  ...realClock,
  sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms / 25, signal),
};

interface Account {
  /** Variables of the caller, beside those of working credentials. */
  env?: Record<string, string>;
  /** No credentials are there. */
  isNobody?: boolean;
  controlPlane?: string;
  /** Types in the order of the ranking. */
  types?: readonly string[];
  spot?: boolean;
  /** PATH of the control plane. */
  path?: string;
  /** Milliseconds within which what was ordered is listed: none where the cloud lists at once. */
  settleMs?: number;
  /** Real machines, with their own time. */
  machines?: Machines;
  /** What machines on paper say of their workers. */
  tend?: Machines['tend'];
}

/** A provider with an account in the emulated cloud, in the way that a workload of another cloud has one. */
export const makeGcp = (t: Cleanup, gce: Gce, account: Account = {}) => {
  const home = mkdtempSync(join(tmpdir(), 'px-gcp-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const credentials = join(home, 'credentials.json');
  writeFileSync(join(home, 'subject'), 'subject');
  writeFileSync(
    credentials,
    JSON.stringify({
      ...{ type: 'external_account', audience: '//iam.googleapis.com/projects/1/x' },
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${gce.url}/token`,
      credential_source: { file: join(home, 'subject') },
    }),
  );
  const env: Record<string, string> = {
    HOME: home,
    GOOGLE_CLOUD_PROJECT: gce.project,
    ...(account.isNobody === true ? {} : { GOOGLE_APPLICATION_CREDENTIALS: credentials }),
    ...account.env,
  };
  const { types = ['e2-standard-2', 'n2-standard-2'], spot = false } = account;
  const tools = process.env.PATH ?? '/usr/bin:/bin';
  const { path = tools } = account;
  const targets: SshTarget[] = [];
  const paper = paperMachines(targets);
  const told = account.tend === undefined ? {} : { tend: account.tend };
  const provider = createGcpProvider({
    ...{ home, clock: account.machines === undefined ? fastClock : realClock },
    ...{ url: gce.url, fetch, machines: account.machines ?? { ...paper, ...told } },
    ...{ env: { PATH: path }, tools: { clock: realClock, env: { PATH: tools } } },
    random: (count) => crypto.getRandomValues(new Uint8Array(count)),
    controlPlane: () => account.controlPlane ?? 'a1b2c3d4e5f60718',
    settleMs: account.settleMs ?? 0,
    rank: async () => ({ offers: offersOf(gce, types, spot), passed: [], notices: [] }),
  });
  return { home, provider, targets, access: { ...NO_ACCESS, env } };
};

export const GCP_SPEC: ClusterSpec = {
  ...{ provider: 'gcp', nodes: 2, cpusPerNode: 2, idleTimeoutMs: 0, maxLifetimeMs: 3_600_000 },
};

/** Orders for every node of a cluster, as an `up` makes them. */
const ordersOf = (
  plans: readonly NodePlan[],
  access: NodeOrder['access'],
  spec: ClusterSpec = GCP_SPEC,
): NodeOrder[] =>
  plans.map(({ plan, slots }, ordinal) => ({
    ...{ clusterId: 'c1111111111', clusterName: 'jpg', nodeName: `jpg-${ordinal}`, ordinal },
    ...{ spec, access, plan, slots, nodeId: `n111111111${ordinal}`, joinToken: 'token' },
  }));

/** Plans and makes a whole cluster. */
export const upGcp = async (
  { provider, access }: { provider: Provider; access: NodeOrder['access'] },
  spec: ClusterSpec = GCP_SPEC,
  more: Partial<NodeOrder> = {},
) => {
  const plans = await provider.plan({ name: 'jpg', spec, access });
  const orders = ordersOf(plans, access, spec).map((order) => ({ ...order, ...more }));
  const made = await Promise.allSettled(orders.map((order) => provider.create(order)));
  const refs = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refusals = made.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  return { orders, refs, refusals };
};

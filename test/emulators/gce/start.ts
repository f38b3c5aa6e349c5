import type { Cleanup } from '../../helpers/control-plane.ts';
import { createBooks } from './books.ts';
import type { Cloud, MachineType, Vm } from './cloud.ts';
import { serveCloud } from './server.ts';
import { createHost, type Host } from './vm/host.ts';
import { serveMetadata } from './vm/metadata.ts';
import { createNetwork, isInRanges, type Network } from './vm/network.ts';

const machine = (
  cpus: number,
  memoryGib: number,
  price: number,
  arch: MachineType['arch'] = 'X86_64',
): MachineType => ({ cpus, memoryMb: memoryGib * 1024, arch, price, spotPrice: price * 0.4 });

const ZONES = ['us-central1-a', 'us-central1-b', 'us-east1-b', 'us-east1-c', 'europe-west1-b'];

const createCloud = (): Cloud => {
  let serial = 4_000_000_000_000_000_000n;
  return {
    project: 'demo-project',
    projectNumber: '123456789012',
    zones: new Map(ZONES.map((zone) => [zone, zone.slice(0, zone.lastIndexOf('-'))])),
    types: new Map([
      ['e2-standard-2', machine(2, 8, 0.06701)],
      ['n2-standard-2', machine(2, 8, 0.09712)],
      ['n4-standard-4', machine(4, 16, 0.1895)],
      ['c4a-standard-4', machine(4, 16, 0.1797, 'ARM64')],
    ]),
    ...{
      vms: new Map(),
      unlisted: new Set(),
      lingering: new Set(),
      operations: new Map(),
      replays: new Map(),
    },
    networks: new Map([['default', { autoCreateSubnetworks: true }]]),
    ...{ firewalls: new Map(), quotas: new Map(), soldOut: new Set(), unreachable: new Set() },
    closedRegions: new Set(),
    ...{ troubles: [], problems: [], calls: [], spotIsSoldOut: false },
    callerAddress: '192.0.2.7',
    tokens: new Set(['emulator-token']),
    account: {
      ...{ billingEnabled: true, disabledServices: new Set() },
      ...{ missingPermissions: new Set(), policies: new Set() },
    },
    books: createBooks(),
    delays: {
      ...{ orderMs: 0, listMs: 0, provisionMs: 20, bootMs: 0, operationMs: 10 },
      ...{ preemptionMs: 30_000, noticeMs: 0 },
    },
    addresses: { inside: '10.128.0.', outside: '203.0.113.' },
    ...{ makeHost: null, served: 0, watch: null },
    now: Date.now,
    nextId: () => {
      serial += 1n;
      return String(serial);
    },
  };
};

const isReachable = (cloud: Cloud, { gateway }: Network, vm: Vm): boolean =>
  [...cloud.firewalls.values()].some(
    (rule) =>
      rule.network === vm.network &&
      (rule.targetTags.length === 0 || rule.targetTags.some((tag) => vm.tags.includes(tag))) &&
      isInRanges(rule.sourceRanges, gateway),
  );

const FIREWALL_EVERY_MS = 50;

/** Machines become real: root is needed. The firewall's word is carried out a moment after it changed. */
const makeReal = async (cloud: Cloud): Promise<{ close(): Promise<void> }> => {
  const network = await createNetwork();
  cloud.callerAddress = network.gateway;
  const hosts = new Map<Vm, Host>();
  const inside = `10.128.${network.number}.`;
  cloud.addresses = { inside, outside: `198.18.${network.number}.` };
  const machineAt = (ip: string) => [...hosts.keys()].findLast((vm) => vm.ip === ip);
  const metadata = await serveMetadata(network, inside, machineAt);
  cloud.makeHost = async (vm) => {
    const host = await createHost(network, vm);
    hosts.set(vm, host);
    await host.reach(isReachable(cloud, network, vm));
    return host;
  };
  const timer = setInterval(() => {
    for (const [vm, host] of hosts) {
      if (vm.host === host) void host.reach(isReachable(cloud, network, vm)).catch(() => undefined);
    }
  }, FIREWALL_EVERY_MS);
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await Promise.all([...hosts.values()].map((host) => host.destroy()));
    await metadata.close();
    await network.close();
  };
  return { close };
};

/** An emulated Google Cloud with its address. */
export interface Gce extends Cloud {
  url: string;
}

/** Starts one that ends with the test. `real`: its machines are Linux hosts, which needs root. */
export const startGce = async (t: Cleanup, options: { real?: boolean } = {}): Promise<Gce> => {
  const cloud = createCloud();
  const served = await serveCloud(cloud);
  const real = options.real === true ? await makeReal(cloud) : null;
  t.after(async () => {
    for (const { timers } of cloud.vms.values()) for (const timer of timers) clearTimeout(timer);
    await served.close();
    await real?.close();
  });
  return Object.assign(cloud, { url: served.url });
};

import { type Cloud, findVm, link, notFound, type Vm } from './cloud.ts';
import { removeVm } from './lifecycle.ts';
import { finishLater, replayed, startOperation, viewOperation } from './operations.ts';

const viewInterface = (cloud: Cloud, vm: Vm): Record<string, unknown> => ({
  kind: 'compute#networkInterface',
  name: 'nic0',
  network: link(cloud, `global/networks/${vm.network}`),
  networkIP: vm.ip,
  ...(vm.natIp === null
    ? {}
    : {
        accessConfigs: [
          {
            ...{ kind: 'compute#accessConfig', name: 'External NAT', type: 'ONE_TO_ONE_NAT' },
            ...{ natIP: vm.natIp, networkTier: 'PREMIUM' },
          },
        ],
      }),
});

/** A machine as the API shows it. */
const viewVm = (cloud: Cloud, vm: Vm): Record<string, unknown> => ({
  kind: 'compute#instance',
  id: vm.id,
  name: vm.name,
  zone: link(cloud, `zones/${vm.zone}`),
  machineType: link(cloud, `zones/${vm.zone}/machineTypes/${vm.machineType}`),
  status: vm.status,
  labels: vm.labels,
  scheduling: vm.scheduling,
  creationTimestamp: new Date(vm.createdAt).toISOString(),
  ...(vm.startedAt === null ? {} : { lastStartTimestamp: new Date(vm.startedAt).toISOString() }),
  networkInterfaces: [viewInterface(cloud, vm)],
  disks: [
    {
      ...{ kind: 'compute#attachedDisk', boot: true, autoDelete: true, type: 'PERSISTENT' },
      diskSizeGb: String(vm.diskGb),
      source: link(cloud, `zones/${vm.zone}/disks/${vm.name}`),
    },
  ],
  metadata: {
    kind: 'compute#metadata',
    items: Object.entries(vm.metadata).map(([key, value]) => ({ key, value })),
  },
  selfLink: link(cloud, `zones/${vm.zone}/instances/${vm.name}`),
});

export const getInstance = (cloud: Cloud, request: Record<string, unknown>) =>
  viewVm(cloud, findVm(cloud, String(request.zone), String(request.instance)));

/** The forms of filter that px uses: `labels.KEY=VALUE` and `labels.KEY:*`, joined by AND. */
const matches = (vm: Vm, filter: string): boolean =>
  filter.split(' AND ').every((term) => {
    const [, any] = /^labels\.([-\w]+):\*$/.exec(term.trim()) ?? [];
    if (any !== undefined) return vm.labels[any] !== undefined;
    const [, key = '', value] = /^labels\.([-\w]+)\s*=\s*"?([-\w]*)"?$/.exec(term.trim()) ?? [];
    return vm.labels[key] === value;
  });

const scopeOf = (cloud: Cloud, zone: string, filter: string): Record<string, unknown> => {
  if (cloud.unreachable.has(zone)) {
    return { warning: { code: 'UNREACHABLE', message: `Zone ${zone} is unreachable.` } };
  }
  const vms = [...cloud.vms.values(), ...cloud.lingering].filter(
    (vm) => !cloud.unlisted.has(vm) && vm.zone === zone && (filter === '' || matches(vm, filter)),
  );
  return vms.length > 0
    ? { instances: vms.map((vm) => viewVm(cloud, vm)) }
    : { warning: { code: 'NO_RESULTS_ON_PAGE', message: `No results for zones/${zone}.` } };
};

export const aggregatedList = (cloud: Cloud, request: Record<string, unknown>) => {
  const filter = String(request.filter ?? '');
  const items = [...cloud.zones.keys()].map((zone) => [
    `zones/${zone}`,
    scopeOf(cloud, zone, filter),
  ]);
  return {
    kind: 'compute#instanceAggregatedList',
    id: `projects/${cloud.project}/aggregated/instances`,
    items: Object.fromEntries(items),
    ...(cloud.unreachable.size === 0
      ? {}
      : { unreachables: [...cloud.unreachable].map((zone) => link(cloud, `zones/${zone}`)) }),
  };
};

export const deleteInstance = (cloud: Cloud, request: Record<string, unknown>) => {
  const requestId = request.requestId === undefined ? undefined : String(request.requestId);
  const before = replayed(cloud, requestId);
  if (before !== undefined) return viewOperation(cloud, before);
  const vm = findVm(cloud, String(request.zone), String(request.instance));
  const operation = startOperation(cloud, {
    ...{ type: 'Instances.Delete', scope: `zones/${vm.zone}`, requestId },
    target: `zones/${vm.zone}/instances/${vm.name}`,
    targetId: vm.id,
  });
  finishLater(cloud, operation, () => removeVm(cloud, vm));
  return viewOperation(cloud, operation);
};

export const getGuestAttributes = (cloud: Cloud, request: Record<string, unknown>) => {
  const vm = findVm(cloud, String(request.zone), String(request.instance));
  const path = String(request.queryPath ?? '');
  const items = [...vm.guestAttributes]
    .filter(([name]) => name.startsWith(path))
    .map(([name, value]) => {
      const [namespace = '', key = ''] = name.split('/');
      return { namespace, key, value };
    });
  if (items.length === 0) throw notFound(cloud, `${vm.name}/guestAttributes/${path}`);
  return { kind: 'compute#guestAttributes', queryPath: path, queryValue: { items } };
};

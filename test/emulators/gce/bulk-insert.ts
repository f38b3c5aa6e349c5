import * as z from 'zod';
import { ApiError, type Cloud, notFound, type Operation, type Vm } from './cloud.ts';
import { startVm } from './lifecycle.ts';
import { finishLater, replayed, startOperation, viewOperation } from './operations.ts';
import { placeMachines, type Wanted } from './place.ts';

/** What is read of the request; its shape has been held against the vendor's description already. */
const Body = z.object({
  count: z.coerce.number(),
  minCount: z.coerce.number().optional(),
  namePattern: z.string().optional(),
  perInstanceProperties: z.record(z.string(), z.unknown()).default({}),
  locationPolicy: z
    .object({
      targetShape: z.string().optional(),
      locations: z.record(z.string(), z.object({ preference: z.string() })).default({}),
    })
    .default({ locations: {} }),
  instanceProperties: z.object({
    machineType: z.string(),
    tags: z.object({ items: z.array(z.string()).default([]) }).default({ items: [] }),
    labels: z.record(z.string(), z.string()).default({}),
    metadata: z
      .object({ items: z.array(z.object({ key: z.string(), value: z.string() })).default([]) })
      .default({ items: [] }),
    scheduling: z.record(z.string(), z.unknown()).default({}),
    disks: z
      .array(
        z.object({
          boot: z.boolean(),
          initializeParams: z.object({
            sourceImage: z.string(),
            diskType: z.string().default('pd-standard'),
            diskSizeGb: z.coerce.number().default(10),
          }),
        }),
      )
      .min(1),
    networkInterfaces: z
      .array(
        z.object({
          network: z.string().optional(),
          accessConfigs: z.array(z.unknown()).default([]),
        }),
      )
      .min(1),
  }),
});
type Body = z.infer<typeof Body>;

const invalid = (field: string, value: string, words: string): ApiError =>
  new ApiError(400, `Invalid value for field 'resource.${field}': '${value}'. ${words}`, 'invalid');

const checkNames = (cloud: Cloud, body: Body): string[] => {
  const names = Object.keys(body.perInstanceProperties);
  if (names.length !== body.count) {
    throw invalid('count', String(body.count), 'It must match perInstanceProperties.');
  }
  for (const name of names) {
    if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
      throw invalid(
        'name',
        name,
        "Must be a match of regex '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)'",
      );
    }
    if (![...cloud.vms.values()].some((vm) => vm.name === name)) continue;
    throw new ApiError(
      409,
      `The resource 'projects/${cloud.project}/instances/${name}' already exists`,
      'alreadyExists',
    );
  }
  return names;
};

/** Families that take hyperdisks only. */
const NO_PERSISTENT_DISK = /^(c4|c4a|c4d|n4|n4a|n4d)-/;

const checkProperties = (cloud: Cloud, { instanceProperties }: Body): void => {
  const { labels, machineType, disks, networkInterfaces } = instanceProperties;
  for (const [key, value] of Object.entries(labels)) {
    if (!/^[a-z][-_a-z0-9]{0,62}$/.test(key) || !/^[-_a-z0-9]{0,63}$/.test(value)) {
      throw invalid('instanceProperties.labels', `${key}=${value}`, 'Label is invalid.');
    }
  }
  const diskType = disks[0]?.initializeParams.diskType ?? '';
  if (NO_PERSISTENT_DISK.test(machineType) && diskType.startsWith('pd-')) {
    throw new ApiError(
      400,
      `[${diskType}] features are not compatible for creating instance.`,
      'invalid',
    );
  }
  const network = networkInterfaces[0]?.network?.split('/').at(-1) ?? 'default';
  if (!cloud.networks.has(network)) throw notFound(cloud, `global/networks/${network}`);
};

const makeVm = (cloud: Cloud, body: Body, name: string, zone: string): Vm => {
  const { instanceProperties: asked } = body;
  const id = cloud.nextId();
  const serial = Number(BigInt(id) % 200n) + 10;
  const disk = asked.disks[0]?.initializeParams;
  return {
    ...{ id, name, zone, machineType: asked.machineType, status: 'PROVISIONING' },
    spot: asked.scheduling.provisioningModel === 'SPOT',
    labels: asked.labels,
    metadata: Object.fromEntries(asked.metadata.items.map(({ key, value }) => [key, value])),
    scheduling: asked.scheduling,
    network: asked.networkInterfaces[0]?.network?.split('/').at(-1) ?? 'default',
    tags: asked.tags.items,
    diskGb: disk?.diskSizeGb ?? 10,
    diskType: disk?.diskType ?? 'pd-standard',
    image: disk?.sourceImage ?? '',
    ip: `${cloud.addresses.inside}${serial}`,
    natIp:
      (asked.networkInterfaces[0]?.accessConfigs.length ?? 0) > 0
        ? `${cloud.addresses.outside}${serial}`
        : null,
    createdAt: cloud.now(),
    startedAt: null,
    guestAttributes: new Map(),
    ...{ preempted: false, host: null, timers: new Set() },
  };
};

const wantedOf = (region: string, body: Body): Wanted => ({
  region,
  machineType: body.instanceProperties.machineType,
  spot: body.instanceProperties.scheduling.provisioningModel === 'SPOT',
  count: body.count,
  minCount: body.minCount ?? body.count,
  diskGb: body.instanceProperties.disks[0]?.initializeParams.diskSizeGb ?? 10,
  external: (body.instanceProperties.networkInterfaces[0]?.accessConfigs.length ?? 0) > 0,
  locations: Object.fromEntries(
    Object.entries(body.locationPolicy.locations).map(([name, one]) => [name, one.preference]),
  ),
  singleZone: body.locationPolicy.targetShape === 'ANY_SINGLE_ZONE',
});

/** Ends when every machine runs. */
const finishWhenRunning = (cloud: Cloud, operation: Operation, vms: readonly Vm[]): void => {
  const look = (): void => {
    if (vms.some(({ status }) => status === 'PROVISIONING' || status === 'STAGING')) {
      setTimeout(look, 10).unref();
    } else {
      finishLater(cloud, operation, () => undefined);
    }
  };
  look();
};

/** regionInstances.bulkInsert: all machines or none below minCount; the same requestId makes no second set. */
export const bulkInsert = (cloud: Cloud, request: Record<string, unknown>) => {
  const requestId = request.requestId === undefined ? undefined : String(request.requestId);
  const before = replayed(cloud, requestId);
  if (before !== undefined) return viewOperation(cloud, before);
  const region = String(request.region);
  const body = Body.parse(request.bulkInsertInstanceResourceResource);
  const names = checkNames(cloud, body);
  checkProperties(cloud, body);
  const placed = placeMachines(cloud, wantedOf(region, body));
  const scope = `regions/${region}`;
  const operation = startOperation(cloud, {
    ...{ type: 'RegionInstances.BulkInsert', scope, target: scope, targetId: '1', requestId },
  });
  if ('refusal' in placed) {
    finishLater(cloud, operation, () => {
      operation.error = placed.refusal;
    });
    return viewOperation(cloud, operation);
  }
  const vms = names.map((name, index) => makeVm(cloud, body, name, placed.zones[index] ?? ''));
  const begin = (): void => {
    for (const vm of vms) startVm(cloud, vm);
  };
  if (cloud.delays.orderMs === 0) begin();
  else setTimeout(begin, cloud.delays.orderMs).unref();
  finishWhenRunning(cloud, operation, vms);
  return viewOperation(cloud, operation);
};

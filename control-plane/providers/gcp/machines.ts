import type { Compute } from './compute.ts';
import { awaitOperation, nameOf } from './operations.ts';
import { asRefusal, isMissing, Refusal } from './refusal.ts';

/** Labels of everything that px makes in an account. */
export const LABELS = {
  controlPlane: 'px-control-plane',
  cluster: 'px-cluster',
  owner: 'px-owner',
  created: 'px-created',
} as const;

/** A machine as the cloud knows it. */
export interface Machine {
  /** The cloud's numeric id, as text: it has 64 bits. */
  id: string;
  name: string;
  zone: string;
  type: string;
  /** PROVISIONING, STAGING, RUNNING, STOPPING, TERMINATED … */
  status: string;
  spot: boolean;
  labels: Readonly<Record<string, string>>;
  /** Null where it has none. */
  externalIp: string | null;
  /** Milliseconds since 1970: when it was ordered, and when it began to run. */
  createdAt: number;
  /** Null where it never ran. */
  startedAt: number | null;
}

const last = (url: string | null | undefined): string => url?.split('/').at(-1) ?? '';

/** Machines with these labels over all zones. */
export interface Listed {
  machines: Machine[];
  /** Zones that could not be asked: what stands there is unknown, not gone. */
  unreachable: string[];
}

/** Of the zones that could not be asked those in which a machine can stand that was ordered in these regions. */
export const unknownIn = (regions: readonly string[], { unreachable }: Listed): string[] =>
  unreachable.filter((zone) => regions.some((region) => zone.startsWith(`${region}-`)));

const timeOf = (text: string | null | undefined): number => Date.parse(text ?? '') || 0;

type Instance = Awaited<ReturnType<typeof readInstance>>;

const readInstance = (compute: Compute, project: string, zone: string, instance: string) =>
  compute.call(async ({ instances }, options) => {
    const [found] = await instances().get({ project, zone, instance }, options);
    return found;
  });

const machineOf = (found: Instance): Machine => {
  const [nic] = found.networkInterfaces ?? [];
  return {
    id: String(found.id ?? ''),
    name: found.name ?? '',
    zone: last(found.zone),
    type: last(found.machineType),
    status: String(found.status ?? ''),
    spot: found.scheduling?.provisioningModel === 'SPOT',
    labels: found.labels ?? {},
    externalIp: nic?.accessConfigs?.[0]?.natIP ?? null,
    createdAt: timeOf(found.creationTimestamp),
    startedAt: timeOf(found.lastStartTimestamp) || null,
  };
};

/** Every machine with all these labels (null: whatever their value), in every zone of the project. */
export const listMachines = (
  compute: Compute,
  project: string,
  labels: Readonly<Record<string, string | null>>,
): Promise<Listed> =>
  compute.call(async ({ instances }, options) => {
    const filter = Object.entries(labels)
      .map(([key, value]) => (value === null ? `labels.${key}:*` : `labels.${key}=${value}`))
      .join(' AND ');
    const listed: Listed = { machines: [], unreachable: [] };
    const { autoPaginate: _, ...rest } = options;
    const scopes = instances().aggregatedListAsync(
      { project, filter, includeAllScopes: true },
      rest,
    );
    for await (const [scope, { instances: found, warning }] of scopes) {
      if (warning?.code === 'UNREACHABLE') listed.unreachable.push(last(scope));
      listed.machines.push(...(found ?? []).map(machineOf));
    }
    return listed;
  });

/** One machine; null where the zone has none of that name. */
export const findMachine = async (
  compute: Compute,
  project: string,
  { zone, name }: { zone: string; name: string },
): Promise<Machine | null> => {
  try {
    return machineOf(await readInstance(compute, project, zone, name));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

/** Answers when the cloud ended it, where it says so. */
const deleteOnce = async (
  compute: Compute,
  project: string,
  { zone, name }: Machine,
): Promise<number | null> => {
  const operation = await compute.call(async ({ instances }, options) => {
    const [started] = await instances().delete({ project, zone, instance: name }, options);
    return nameOf(started);
  });
  return awaitOperation(compute, { project, scope: `zones/${zone}`, name: operation });
};

/** A delete that the cloud fails is tried again so often: each try takes its own half minute. */
const DELETE_TRIES = 3;

/**
 * Deletes a machine with its disk and waits until it is gone. A machine of the same name that is not
 * the same (by the cloud's numeric id) is left alone. Answers when it ended by the cloud's own clock,
 * null where nobody knows. Throws a `Refusal`.
 */
export const deleteMachine = async (
  compute: Compute,
  project: string,
  machine: Machine,
): Promise<number | null> => {
  let endedAt: number | null = null;
  for (let tries = 1; ; tries++) {
    const now = await findMachine(compute, project, machine);
    if (now === null || now.id !== machine.id) return endedAt;
    try {
      endedAt = await deleteOnce(compute, project, machine);
    } catch (cause) {
      const refusal = asRefusal(cause);
      if (isMissing(refusal)) return endedAt;
      if (tries >= DELETE_TRIES || refusal.status === 403) throw refusal;
    }
  }
};

/** Its host keys as its guest agent published them (`ssh-ed25519 AAAA…`); empty until it has. */
export const readHostKeys = async (
  compute: Compute,
  project: string,
  { zone, name: instance }: { zone: string; name: string },
): Promise<string[]> => {
  try {
    return await compute.call(async ({ instances }, options) => {
      const request = { project, zone, instance, queryPath: 'hostkeys/' };
      const [{ queryValue }] = await instances().getGuestAttributes(request, options);
      return (queryValue?.items ?? []).map(({ key, value }) => `${key} ${value}`);
    });
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return [];
    throw error;
  }
};

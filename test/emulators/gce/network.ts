import { ApiError, type Cloud, link, notFound } from './cloud.ts';
import { finishLater, startOperation, viewOperation } from './operations.ts';

const viewNetwork = (cloud: Cloud, name: string) => {
  const network = cloud.networks.get(name);
  if (network === undefined) throw notFound(cloud, `global/networks/${name}`);
  const { autoCreateSubnetworks } = network;
  const selfLink = link(cloud, `global/networks/${name}`);
  return { kind: 'compute#network', id: '7', name, autoCreateSubnetworks, selfLink };
};

export const getNetwork = (cloud: Cloud, request: Record<string, unknown>) =>
  viewNetwork(cloud, String(request.network));

export const insertNetwork = (cloud: Cloud, request: Record<string, unknown>) => {
  const { name, autoCreateSubnetworks } = Object(request.networkResource);
  const operation = startOperation(cloud, {
    ...{ type: 'Networks.Insert', scope: 'global', requestId: undefined },
    ...{ target: `global/networks/${name}`, targetId: cloud.nextId() },
  });
  finishLater(cloud, operation, () => {
    cloud.networks.set(String(name), { autoCreateSubnetworks: autoCreateSubnetworks === true });
  });
  return viewOperation(cloud, operation);
};

export const deleteNetwork = (cloud: Cloud, request: Record<string, unknown>) => {
  const name = String(request.network);
  viewNetwork(cloud, name);
  const operation = startOperation(cloud, {
    ...{ type: 'Networks.Delete', scope: 'global', requestId: undefined },
    ...{ target: `global/networks/${name}`, targetId: '7' },
  });
  finishLater(cloud, operation, () => void cloud.networks.delete(name));
  return viewOperation(cloud, operation);
};

export const getFirewall = (cloud: Cloud, request: Record<string, unknown>) => {
  const name = String(request.firewall);
  const rule = cloud.firewalls.get(name);
  if (rule === undefined) throw notFound(cloud, `global/firewalls/${name}`);
  return rule.body;
};

const write = (cloud: Cloud, type: string, project: string, body: Record<string, unknown>) => {
  const name = String(body.name);
  const network =
    String(body.network ?? 'default')
      .split('/')
      .at(-1) ?? '';
  viewNetwork(cloud, network);
  const sourceRanges = (body.sourceRanges ?? []) as string[];
  const targetTags = (body.targetTags ?? []) as string[];
  const operation = startOperation(cloud, {
    ...{ type, scope: 'global', requestId: undefined },
    ...{ target: `global/firewalls/${name}`, targetId: '9' },
  });
  const stored = { kind: 'compute#firewall', id: '9', ...body };
  finishLater(cloud, operation, () => {
    cloud.firewalls.set(name, { name, project, network, sourceRanges, targetTags, body: stored });
  });
  return viewOperation(cloud, operation);
};

export const insertFirewall = (cloud: Cloud, request: Record<string, unknown>) => {
  const body = request.firewallResource as Record<string, unknown>;
  const name = String(body.name);
  if (cloud.firewalls.has(name)) {
    throw new ApiError(
      409,
      `The resource 'projects/${cloud.project}/global/firewalls/${name}' already exists`,
      'alreadyExists',
    );
  }
  return write(cloud, 'Firewalls.Insert', String(request.project), body);
};

export const patchFirewall = (cloud: Cloud, request: Record<string, unknown>) => {
  const before = getFirewall(cloud, request);
  return write(cloud, 'Firewalls.Patch', String(request.project), {
    ...before,
    ...Object(request.firewallResource),
  });
};

export const listFirewalls = (cloud: Cloud) => ({
  kind: 'compute#firewallList',
  id: `projects/${cloud.project}/global/firewalls`,
  items: [...cloud.firewalls.values()].map(({ body }) => body),
});

export const deleteFirewall = (cloud: Cloud, request: Record<string, unknown>) => {
  const name = String(request.firewall);
  getFirewall(cloud, request);
  const operation = startOperation(cloud, {
    ...{ type: 'Firewalls.Delete', scope: 'global', requestId: undefined },
    ...{ target: `global/firewalls/${name}`, targetId: '9' },
  });
  finishLater(cloud, operation, () => void cloud.firewalls.delete(name));
  return viewOperation(cloud, operation);
};

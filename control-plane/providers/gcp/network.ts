import type { Compute } from './compute.ts';
import { awaitOperation, nameOf } from './operations.ts';
import { isMissing, isNoProject, Refusal } from './refusal.ts';

/** A network's project and name; `projects/HOST/global/networks/NAME` is another project's. */
export const placeOf = (project: string, network: string): { project: string; network: string } => {
  const [, host, name] = /^projects\/([^/]+)\/global\/networks\/([^/]+)$/.exec(network) ?? [];
  return host === undefined || name === undefined
    ? { project, network }
    : { project: host, network: name };
};

/** Whether there is a network of this name. */
export const hasNetwork = async (
  compute: Compute,
  project: string,
  network: string,
): Promise<boolean> => {
  const place = placeOf(project, network);
  try {
    await compute.call(({ networks }, options) => networks().get(place, options));
    return true;
  } catch (error) {
    if (isMissing(error) && !isNoProject(error)) return false;
    throw error;
  }
};

/** Makes a network with a subnetwork in every region, as Google's own `default` has; one that is there stays. */
export const createNetwork = async (
  compute: Compute,
  project: string,
  name: string,
): Promise<void> => {
  if (await hasNetwork(compute, project, name)) return;
  const networkResource = {
    ...{ name, autoCreateSubnetworks: true, routingConfig: { routingMode: 'REGIONAL' } },
    description: 'made by px cluster up --create-network; px does not delete it',
  };
  try {
    const operation = await compute.call(async ({ networks }, options) =>
      nameOf((await networks().insert({ project, networkResource }, options))[0]),
    );
    await awaitOperation(compute, { project, scope: 'global', name: operation });
  } catch (error) {
    // Made meanwhile, by the call before this one whose answer was lost.
    if (!(error instanceof Refusal && error.status === 409)) throw error;
  }
};

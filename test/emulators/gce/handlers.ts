import { bulkInsert } from './bulk-insert.ts';
import type { Cloud } from './cloud.ts';
import { getImageFromFamily, getMachineType, getProject, getRegion } from './facts.ts';
import { aggregatedList, deleteInstance, getGuestAttributes, getInstance } from './instances.ts';
import {
  deleteFirewall,
  deleteNetwork,
  getFirewall,
  getNetwork,
  insertFirewall,
  insertNetwork,
  listFirewalls,
  patchFirewall,
} from './network.ts';
import { listOperations, showOperation } from './operations.ts';

type Handler = (cloud: Cloud, request: Record<string, unknown>) => Record<string, unknown>;

/** The part of the Compute API that is emulated, by the vendor's own names. */
export const HANDLERS: Readonly<Record<string, Handler>> = {
  'RegionInstances.BulkInsert': bulkInsert,
  'Instances.Get': getInstance,
  'Instances.AggregatedList': aggregatedList,
  'Instances.Delete': deleteInstance,
  'Instances.GetGuestAttributes': getGuestAttributes,
  'ZoneOperations.Get': (cloud, { zone, operation }) =>
    showOperation(cloud, `zones/${zone}`, String(operation)),
  'RegionOperations.Get': (cloud, { region, operation }) =>
    showOperation(cloud, `regions/${region}`, String(operation)),
  'GlobalOperations.AggregatedList': listOperations,
  'GlobalOperations.Get': (cloud, { operation }) =>
    showOperation(cloud, 'global', String(operation)),
  'Networks.Get': getNetwork,
  'Networks.Insert': insertNetwork,
  'Networks.Delete': deleteNetwork,
  'Firewalls.Get': getFirewall,
  'Firewalls.Insert': insertFirewall,
  'Firewalls.Patch': patchFirewall,
  'Firewalls.List': listFirewalls,
  'Firewalls.Delete': deleteFirewall,
  'Projects.Get': getProject,
  'Regions.Get': getRegion,
  'MachineTypes.Get': getMachineType,
  'Images.GetFromFamily': getImageFromFamily,
};

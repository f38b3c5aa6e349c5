import { createLimit } from '../../limit.ts';
import type { NodeOrder, NodeSite } from '../provider.ts';
import { billOf } from './bill.ts';
import {
  type Context,
  type GcpRef,
  keyOf,
  labelsOf,
  nameOf,
  planOf,
  sessionOf,
  sourcesOf,
  tagOf,
} from './context.ts';
import { openFirewall } from './firewall.ts';
import type { Launch, Launched } from './launch.ts';
import { launchKinds } from './launch-kinds.ts';
import { findMachine } from './machines.ts';
import { createNetwork, placeOf } from './network.ts';
import { offerAt, type PricedPlace } from './plan.ts';
import { PREEMPTION } from './preemption.ts';
import { awaitHostKeys, LOGIN, targetOf, tunneledAs, whileBooting } from './reach.ts';
import { refused } from './refusal.ts';
import type { Session } from './session.ts';

const networkLink = (network: string): string =>
  network.includes('/') ? network : `global/networks/${network}`;

/** Lets this machine in, from where it is now. */
export const openDoor = async (
  context: Context,
  session: Session,
  order: NodeSite,
): Promise<void> => {
  const { network } = planOf(order);
  const sources = await sourcesOf(session, order.spec);
  // The rules of a shared network stand in its own project.
  const { project } = placeOf(session.project, network);
  const name = tagOf(context);
  const rule = { project, name, network: networkLink(network), sources };
  const turn = context.turns.get(project) ?? createLimit(1);
  context.turns.set(project, turn);
  await turn(() => openFirewall(session.compute, rule));
};

/** Sums of the same prices in another order. */
const ROUNDING_USD = 1e-6;

/** What the machines would cost with the rest of their cluster, where that is above what was agreed to. */
const tooDear = (orders: readonly NodeOrder[], { machine, disk, address }: PricedPlace) => {
  const agreed = orders[0]?.agreed;
  if (agreed === undefined) return null;
  const others = agreed.others(orders.map(({ nodeId }) => nodeId));
  const hour = others + orders.length * (machine + disk + address);
  if (hour <= agreed.usdPerHour + ROUNDING_USD) return null;
  return `it would cost $${hour.toFixed(2)} an hour, which is above $${agreed.usdPerHour.toFixed(2)}.`;
};

/** One request for all of a cluster's machines that are wanted now and are alike. */
const launchOf = async (
  context: Context,
  { project, compute }: Session,
  first: NodeOrder,
  orders: readonly NodeOrder[],
  all: readonly NodeOrder[],
): Promise<Launch> => {
  const { spec } = first;
  const { places, network, external, diskGb } = planOf(first);
  const { publicKey } = await keyOf(context);
  return {
    ...{ project, places, names: orders.map((order) => nameOf(order, order.nodeId)) },
    ...{ isWhole: all.length === spec.nodes, nodes: orders, doubts: context.doubts },
    regions: places.map(({ region }) => region),
    isFirst: orders.every((order) => order.isFirst === true),
    tooDear: (place) => tooDear(all, place),
    labels: labelsOf(context, first),
    isWanted: () => orders.some(({ signal }) => signal?.aborted !== true),
    onSeen: (machine, endedAt) => {
      const bill = billOf(places, machine);
      const order = orders.find((one) => nameOf(one, one.nodeId) === machine.name);
      if (bill !== null) order?.onBill?.(endedAt === undefined ? bill : { ...bill, endedAt });
    },
    imageOf: (arch) => context.images(compute, arch, spec.image),
    base: {
      ...{ diskGb, external, network: networkLink(network), subnetwork: spec.subnetwork },
      ...{ maxLifetimeMs: spec.maxLifetimeMs, serviceAccount: spec.serviceAccount },
      sshKey: `${LOGIN}:${publicKey}`,
      tag: tagOf(context),
    },
  };
};

/** Has the machines of one cluster made together; answers which one each order got. */
export const launchTogether = async (
  context: Context,
  orders: readonly NodeOrder[],
): Promise<(order: NodeOrder) => Launched> => {
  const [first] = orders;
  if (first === undefined) throw new Error('Expected an order.');
  const session = await sessionOf(context, first);
  context.launching.count += 1;
  try {
    const { network, createNetwork: isWanted } = planOf(first);
    if (isWanted) await createNetwork(session.compute, session.project, network);
    const launchAll = async (): Promise<Map<string, Launched>> => {
      const kinds = [true, false].map(async (external) => {
        const alike = orders.filter((order) => planOf(order).external === external);
        const [head] = alike;
        return head === undefined ? [] : launchOf(context, session, head, alike, orders);
      });
      return launchKinds(session.compute, (await Promise.all(kinds)).flat());
    };
    // All of it ends before anybody cleans up: a rule that comes after that would stay.
    const [launched, door] = await Promise.allSettled([
      launchAll(),
      openDoor(context, session, first),
    ]);
    if (launched.status === 'rejected') throw launched.reason;
    if (door.status === 'rejected') throw door.reason;
    const made = launched.value;
    return (order) => {
      const launched = made.get(nameOf(order, order.nodeId));
      if (launched !== undefined) return launched;
      throw refused(new Error('the cloud made fewer machines'), session.project, order.nodeName);
    };
  } catch (error) {
    throw refused(error, session.project, 'Google Cloud says');
  } finally {
    context.launching.count -= 1;
  }
};

/** Starts the node's worker on a machine that runs: by its pinned host keys, over ssh alone. */
export const settle = async (
  context: Context,
  order: NodeOrder,
  { machine, place }: Launched,
): Promise<GcpRef> => {
  const { clock, machines } = context;
  const session = await sessionOf(context, order);
  const from = clock.monotonic();
  const { nodeId, slots, joinToken, signal } = order;
  const wait = { booting: context.booting, signal };
  const hostKeys = await awaitHostKeys(session.compute, session.project, machine, wait);
  const boot = Math.round(clock.monotonic() - from);
  // One that an earlier request ordered may not have run yet as it was found.
  const { compute, project } = session;
  const seen = machine.startedAt === null ? await findMachine(compute, project, machine) : null;
  const { id, name, zone, spot, createdAt, externalIp, ...now } = seen ?? machine;
  const startedAt = now.startedAt ?? createdAt;
  order.onBill?.({ offer: offerAt(place, zone), createdAt, startedAt });
  const address = planOf(order).external ? externalIp : null;
  const own = targetOf(session.project, { name, zone, address }, await keyOf(context), hostKeys);
  const target = tunneledAs(own, order);
  // What is going on over its connection ends with that.
  const letGo = (): void => void machines.forget(nodeId);
  signal?.addEventListener('abort', letGo, { once: true });
  const notice = spot ? PREEMPTION : undefined;
  const raise = () => machines.raise({ nodeId, slots, joinToken, target, notice });
  const { phases } = await whileBooting(clock, raise, signal);
  signal?.removeEventListener('abort', letGo);
  return {
    ...{ id, name, zone, spot, address, hostKeys, createdAt, startedAt },
    offer: offerAt(place, zone),
    phases: { boot, ...phases },
  };
};

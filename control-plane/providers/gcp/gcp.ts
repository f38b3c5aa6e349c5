import { requirementsOf } from '../../pricing/requirements.ts';
import type { Described, NodeSite, Provider } from '../provider.ts';
import { createBatch } from './batch.ts';
import { type Context, type GcpOptions, GcpRef, keyOf, planOf, sessionOf } from './context.ts';
import { launchTogether, openDoor, settle } from './create.ts';
import { destroyNode } from './destroy.ts';
import { createDoubts } from './doubts.ts';
import { createImages } from './images.ts';
import { makePlan } from './make-plan.ts';
import { targetOf, tunneledAs } from './reach.ts';
import { createSessions } from './session.ts';
import { createStrayKeeper } from './strays.ts';
import { createWatch, stateIn } from './watch.ts';

/** 30 s between looks at the door: whoever moves to another network has another address. */
const KNOCK_EVERY_MS = 30_000;

/** A machine that runs and is not reached may be shut off by its own firewall rule. */
const knock = async (context: Context, site: NodeSite): Promise<void> => {
  const { doorsAt, clock } = context;
  const now = clock.monotonic();
  if (now - (doorsAt.get(site.clusterId) ?? Number.NEGATIVE_INFINITY) < KNOCK_EVERY_MS) return;
  doorsAt.set(site.clusterId, now);
  await openDoor(context, await sessionOf(context, site), site);
};

/** The catalog's price of the machine's own offer, where it still has it; spot prices change. */
const priceNow = async (context: Context, { offer }: GcpRef): Promise<number | null> => {
  const { instanceType, region, zone, spot } = offer;
  const wanted = requirementsOf({
    ...{ provider: ['gcp'], instance_type: [instanceType], region: [region], zone: [zone] },
    spot: spot ? 'true' : 'false',
  });
  const { offers } = await context.rank(wanted).catch(() => ({ offers: [] }));
  const own = offers.find((one) => one.spot === spot && (one.zone === '' || one.zone === zone));
  return own?.compute ?? null;
};

/** What the connection says; the cloud is asked only where it says something else than `running`. */
const describe = async (
  context: Context,
  nodeId: string,
  ref: GcpRef,
  site: NodeSite,
): Promise<Described> => {
  if (context.deleted.has(ref.id)) return { state: 'gone', problem: `px has deleted ${ref.name}.` };
  const key = await keyOf(context);
  const { project } = planOf(site).account;
  const target = tunneledAs(targetOf(project, ref, key, ref.hostKeys), site);
  const { state, problem, hasGuests } = await context.machines.tend(nodeId, target);
  if (state === 'running' && problem === null) return { state, problem, hasGuests };
  const { compute } = await sessionOf(context, site);
  const seen = stateIn(await context.watch(compute, project), ref);
  if (seen?.state === 'gone') {
    await context.machines.forget(nodeId);
    return seen;
  }
  if (state !== 'ended') {
    await knock(context, site);
    return { state, problem };
  }
  const words = `The worker ended${problem === null ? '.' : `: ${problem}`}`;
  return { state: 'gone', problem: words, isStillThere: true };
};

/** Machines of Google Compute Engine in the user's own project. */
export const createGcpProvider = (options: GcpOptions): Provider => {
  const context: Context = {
    ...options,
    sessions: createSessions(options),
    images: createImages(),
    watch: createWatch(options.controlPlane),
    launching: { count: 0 },
    booting: { count: 0 },
    doorsAt: new Map(),
    turns: new Map(),
    doubts: createDoubts(options.clock, options.settleMs),
    deleted: new Set(),
  };
  const launch = createBatch(options.clock, (orders: Parameters<typeof launchTogether>[1]) =>
    launchTogether(context, orders),
  );
  return {
    name: 'gcp',
    promises: {
      ...{ restarts: true, onThisMachine: false, tunneled: true },
      ...{ refusesForGood: true, mayBeLeft: false },
    },
    isConnected: ({ env }) => context.sessions.isConnected(env),
    plan: (ask) => makePlan(context, ask),
    create: async (order) => settle(context, order, await launch(order.clusterId, order)),
    describe: (nodeId, ref, site) => describe(context, nodeId, GcpRef.parse(ref), site),
    reach: async (_nodeId, ref, site) => {
      const made = GcpRef.parse(ref);
      const { project } = planOf(site).account;
      return targetOf(project, made, await keyOf(context), made.hostKeys);
    },
    strays: createStrayKeeper(context),
    priceNow: (ref) => priceNow(context, GcpRef.parse(ref)),
    destroy: (nodeId, _ref, site, onBill) => destroyNode(context, nodeId, site, onBill),
  };
};

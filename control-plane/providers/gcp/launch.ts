import { AGREE_HINT } from '../../../protocol/cluster-price.ts';
import { PxError } from '../../../protocol/errors.ts';
import { placeOf } from './bill.ts';
import type { Compute } from './compute.ts';
import { type Doubts, lookSettled, type Ordered } from './doubts.ts';
import { type Insert, insertMachines } from './insert.ts';
import {
  deleteMachine,
  LABELS,
  type Listed,
  listMachines,
  type Machine,
  unknownIn,
} from './machines.ts';
import { awaitOperation, OPERATION_MS } from './operations.ts';
import type { PricedPlace } from './plan.ts';
import { asRefusal, hintFor, isAboutPlace, isPassing, Refusal } from './refusal.ts';

/** Machines that are asked for together: of one cluster, all alike. */
export interface Launch {
  project: string;
  /** The failover order. */
  places: readonly PricedPlace[];
  names: readonly string[];
  /** All in which any of them may ever have been ordered. */
  regions: readonly string[];
  /** All of them or none, as for a new cluster. */
  isWhole: boolean;
  /** Whose machines they are, and what may still come of earlier orders. */
  nodes: readonly Ordered[];
  doubts: Doubts;
  /** Nothing was ever ordered for any of them. */
  isFirst: boolean;
  labels: Readonly<Record<string, string>>;
  /** The rest of each request; the image depends on the place's architecture. */
  base: Omit<Insert, 'place' | 'names' | 'minCount' | 'requestId' | 'image' | 'project' | 'labels'>;
  imageOf(arch: string): Promise<string>;
  /** Why nobody has agreed to what the machines would cost there; null where that is agreed. */
  tooDear(place: PricedPlace): string | null;
  /** Whether any of them is still wanted; machines are not waited for else. */
  isWanted(): boolean;
  /** Told of each of them whenever it is seen, and of its end by the cloud's own clock. */
  onSeen(machine: Machine, endedAt?: number): void;
}

/** A machine that runs, with the place that it was found in. */
export interface Launched {
  machine: Machine;
  place: PricedPlace;
}

/** Machines are looked at four times a second while they start, all by one request. */
const LOOK_EVERY_MS = 250;
const COMING = ['PROVISIONING', 'STAGING', 'RUNNING'];

const placeWords = ({ instanceType, region, spot }: PricedPlace): string =>
  `${instanceType}${spot ? ' (spot)' : ''} in ${region}`;

const ownLabel = ({ labels }: Launch) => ({
  [LABELS.controlPlane]: labels[LABELS.controlPlane] ?? '',
});

/** Those of the list. What cannot be asked is unknown, and stops the launch, in regions where some may stand. */
const pick = ({ names }: Launch, listed: Listed, regions: readonly string[]): Machine[] => {
  const unknown = unknownIn(regions, listed);
  if (unknown.length > 0) {
    const words = `Nobody can say what stands in ${unknown.join(', ')}: the cloud does not reach it now.`;
    throw new Refusal(words, { status: null, code: 'unreachable' });
  }
  return listed.machines.filter(({ name }) => names.includes(name));
};

/** What is there of these machines, which were ordered in this place. */
const look = async (compute: Compute, launch: Launch, place: PricedPlace): Promise<Machine[]> =>
  pick(launch, await listMachines(compute, launch.project, ownLabel(launch)), [place.region]);

/** The same once nothing can be missing of what was ordered before. */
const lookAtEarlier = async (compute: Compute, launch: Launch): Promise<Machine[]> => {
  const { project, nodes, doubts, names } = launch;
  const isWhole = ({ machines }: Listed): boolean =>
    names.every((name) => machines.some((machine) => machine.name === name));
  const asked = { compute, project, labels: ownLabel(launch), doubts, nodes };
  const listed = await lookSettled({ ...asked, isWhole, ms: OPERATION_MS });
  return pick(launch, listed, launch.regions);
};

/** Deletes machines that nobody is to have. */
export const discard = (compute: Compute, launch: Launch, machines: readonly Machine[]) =>
  Promise.all(
    machines.map(async (machine) => {
      const endedAt = await deleteMachine(compute, launch.project, machine);
      launch.onSeen(machine, endedAt ?? compute.clock.now());
    }),
  );

/** What an earlier request left: machines that come are kept, once each; the rest is deleted. */
const keepEarlier = async (compute: Compute, launch: Launch): Promise<Map<string, Launched>> => {
  const kept = new Map<string, Launched>();
  const over: Machine[] = [];
  for (const machine of await lookAtEarlier(compute, launch)) {
    const place = placeOf(launch.places, machine);
    const isKept = place !== undefined && COMING.includes(machine.status);
    if (place === undefined || !isKept || kept.has(machine.name)) over.push(machine);
    else {
      kept.set(machine.name, { machine, place });
      launch.onSeen(machine);
    }
  }
  await discard(compute, launch, over);
  return kept;
};

/** Waits until each machine runs; the operation's refusal ends the wait. */
const awaitRunning = async (
  compute: Compute,
  launch: Launch,
  operation: Promise<unknown>,
  names: readonly string[],
  place: PricedPlace,
): Promise<Machine[]> => {
  const { clock } = compute;
  const until = clock.monotonic() + OPERATION_MS;
  let refusal: unknown;
  let doneAt = Number.POSITIVE_INFINITY;
  operation.then(
    () => {
      doneAt = clock.monotonic();
    },
    (error: unknown) => {
      refusal = error;
    },
  );
  for (;;) {
    const wasDoneAt = doneAt;
    const there = (await look(compute, launch, place)).filter(({ name }) => names.includes(name));
    for (const machine of there) launch.onSeen(machine);
    if (refusal !== undefined) throw refusal;
    const running = there.filter(({ status }) => status === 'RUNNING');
    // An operation may end before the list has what it made.
    const isListed =
      there.length === names.length || clock.monotonic() >= wasDoneAt + launch.doubts.settleMs;
    const isStill = there.every(({ status }) => !COMING.includes(status) || status === 'RUNNING');
    const isSettled = clock.monotonic() >= wasDoneAt && isListed && isStill;
    if (running.length === names.length || (isSettled && !launch.isWhole)) return running;
    if (isSettled || !launch.isWanted() || clock.monotonic() >= until) {
      const words = `Only ${running.length} of ${names.length} machines came to run.`;
      throw new Refusal(words, { status: null, code: 'MIN_COUNT_NOT_REACHED' });
    }
    await clock.sleep(LOOK_EVERY_MS);
  }
};

/** Orders them there, and answers which run. What may still come of an order that is left is a doubt. */
const tryPlace = async (
  compute: Compute,
  launch: Launch,
  place: PricedPlace,
  names: readonly string[],
): Promise<Launched[]> => {
  const { project, labels, base, isWhole, doubts } = launch;
  const doubt = (): void => {
    for (const { nodeId } of launch.nodes) doubts.add(nodeId);
  };
  const ref = await insertMachines(compute, {
    ...{ ...base, project, labels, place, names },
    image: await launch.imageOf(place.arch),
    minCount: isWhole ? names.length : 1,
    requestId: compute.requestId(),
  }).catch((error: unknown) => {
    if (isPassing(asRefusal(error))) doubt();
    throw error;
  });
  const left = new AbortController();
  let isRefused = false;
  const onRefused = (): void => {
    isRefused = true;
  };
  const operation = awaitOperation(compute, ref, { signal: left.signal, onRefused });
  try {
    const machines = await awaitRunning(compute, launch, operation, names, place);
    return machines.map((machine) => ({ machine, place }));
  } catch (error) {
    if (!isRefused) doubt();
    throw error;
  } finally {
    left.abort();
  }
};

/** What places said no, and why, in their order. */
export type Refusals = [string, Refusal][];

/** Of an offer that is there, and dearer than anybody agreed to. */
const TOO_DEAR = 'TOO_DEAR';

export const nothingLeft = (project: string, refusals: Refusals): PxError => {
  const words = [...new Set(refusals.map(([where, { message }]) => `${where}: ${message}`))];
  const isDear = refusals.some(([, { code }]) => code === TOO_DEAR);
  if (isDear && refusals.every(([, refusal]) => isAboutPlace(refusal))) {
    const what = ['What is left costs more than was agreed to:', ...words].join('\n  ');
    return new PxError('needs_agreement', what, { hint: AGREE_HINT });
  }
  const last = refusals.at(-1)?.[1] ?? new Refusal('no offer', { status: null });
  const message =
    words.length === 1 ? words.join() : `No offer is to be had:\n  ${words.join('\n  ')}`;
  return new PxError('provider_refused', message, {
    hint: hintFor(last, project),
    cause: last,
  });
};

/**
 * Has the machines made in the first place that has them: sold out or over quota there, the next one
 * is asked. What an earlier request made is found by label, wherever it stands, and kept. Throws
 * `provider_refused` with every refusal in the cloud's own words, which join `refusals`; nothing is
 * left then.
 */
export const launchMachines = async (
  compute: Compute,
  launch: Launch,
  refusals: Refusals = [],
): Promise<Map<string, Launched>> => {
  let found = launch.isFirst ? new Map<string, Launched>() : await keepEarlier(compute, launch);
  for (const place of launch.places) {
    const missing = launch.names.filter((name) => !found.has(name));
    if (missing.length === 0 || !launch.isWanted()) break;
    const tooDear = launch.tooDear(place);
    if (tooDear !== null) {
      refusals.push([placeWords(place), new Refusal(tooDear, { status: null, code: TOO_DEAR })]);
      continue;
    }
    try {
      const made = await tryPlace(compute, launch, place, missing);
      for (const one of made) found.set(one.machine.name, one);
    } catch (cause) {
      const refusal = asRefusal(cause);
      refusals.push([placeWords(place), refusal]);
      // Each is destroyed then, and what may still come is waited for there.
      if (!launch.isWanted()) break;
      // Whatever the refused request may have made all the same.
      found = await keepEarlier(compute, launch);
      const isPlace = isAboutPlace(refusal) || refusal.status === 409;
      if (!isPlace) break;
    }
  }
  const isShort = launch.isWhole ? found.size < launch.names.length : found.size === 0;
  if (isShort) {
    const machines = [...found.values()].map(({ machine }) => machine);
    await discard(compute, launch, machines);
    throw nothingLeft(launch.project, refusals);
  }
  return found;
};

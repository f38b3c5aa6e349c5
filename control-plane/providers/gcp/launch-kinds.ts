import type { Compute } from './compute.ts';
import {
  discard,
  type Launch,
  type Launched,
  launchMachines,
  nothingLeft,
  type Refusals,
} from './launch.ts';
import { isAboutPlace } from './refusal.ts';

type Made = Map<string, Launched>;

/** Ends when every launch has: what they made, and the first failure if there is one. */
const settle = async (launches: readonly Promise<Made>[]) => {
  const ends = await Promise.allSettled(launches);
  const made = ends.map((end) => (end.status === 'fulfilled' ? end.value : null));
  return { made, failed: ends.find((end) => end.status === 'rejected') };
};

const merged = (made: readonly (Made | null)[]): Made =>
  new Map(made.flatMap((one) => [...(one ?? [])]));

/** One region for all kinds: where one of them is refused, the others go, and the next region is asked. */
const launchInOneRegion = async (compute: Compute, kinds: readonly Launch[]): Promise<Made> => {
  const refusals: Refusals = [];
  const regions = kinds.flatMap(({ places }) => places.map(({ region }) => region));
  for (const region of new Set(regions)) {
    const said: Refusals = [];
    const launches = kinds.map((launch) => {
      const here = launch.places.filter((place) => place.region === region);
      const isFirst = launch.isFirst && refusals.length === 0;
      return launchMachines(compute, { ...launch, isFirst, places: here }, said);
    });
    const { made, failed } = await settle(launches);
    if (failed === undefined) return merged(made);
    for (const [index, launch] of kinds.entries()) {
      const machines = [...(made[index]?.values() ?? [])].map(({ machine }) => machine);
      await discard(compute, launch, machines);
    }
    refusals.push(...said);
    const isWanted = kinds.every((launch) => launch.isWanted());
    const isPlace = said.every(([, refusal]) => isAboutPlace(refusal));
    if (said.length === 0 || !isPlace || !isWanted) throw failed.reason;
  }
  throw nothingLeft(kinds[0]?.project ?? '', refusals);
};

/**
 * Has machines made that are not all alike, some with an address and some without: each kind by a
 * request of its own. Those of a new cluster stand in one region. Throws what `launchMachines` does.
 */
export const launchKinds = async (compute: Compute, kinds: readonly Launch[]): Promise<Made> => {
  const isNew = kinds.every(({ isWhole }) => isWhole);
  if (isNew && kinds.length > 1) return launchInOneRegion(compute, kinds);
  const { made, failed } = await settle(kinds.map((launch) => launchMachines(compute, launch)));
  if (failed !== undefined) throw failed.reason;
  return merged(made);
};

import { closest, distance } from 'fastest-levenshtein';
import { PxError } from '../../protocol/errors.ts';
import { ANY_REGION, REGION_GROUPS } from '../../protocol/regions.ts';
import type { Market } from './market.ts';
import { PRICE_SOURCES } from './sources/registry.ts';

export interface Named {
  provider?: readonly string[] | undefined;
  region?: readonly string[] | undefined;
  zone?: readonly string[] | undefined;
  instance_type?: readonly string[] | undefined;
}

/** The known names that begin as the unknown one does, else the one with the fewest slips between. */
const similar = (known: ReadonlySet<string>, name: string): string[] => {
  const sorted = [...known].filter((each) => each !== '').sort();
  for (let length = name.length - 1; length >= 2; length--) {
    const found = sorted.filter((each) => each.startsWith(name.slice(0, length)));
    if (found.length > 0) return found.slice(0, 3);
  }
  const near = closest(name, sorted);
  return distance(name, near) <= Math.ceil(name.length / 3) ? [near] : [];
};

const check = (
  what: string,
  names: readonly string[] | undefined,
  known: ReadonlySet<string>,
  list: string,
): void => {
  const unknown = names?.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const near = similar(known, unknown);
  throw new PxError('bad_request', `The catalog has no ${what} \`${unknown}\`.`, {
    hint: near.length > 0 ? `Did you mean ${near.join(', ')}?` : list,
  });
};

/** Refuses names that nothing in the catalog has: they would look like "no offer". */
export const checkNames = ({ catalog }: Market, named: Named): void => {
  const { places, types } = catalog;
  const clouds = [...places.map(({ cloud }) => cloud), ...PRICE_SOURCES.map(({ cloud }) => cloud)];
  check('provider', named.provider, new Set(clouds), `Known: ${[...new Set(clouds)].join(', ')}`);
  const regions = places.map(({ region }) => region);
  const list = 'List them: px pricing regions';
  check('region', named.region, new Set([...regions, ...REGION_GROUPS, ANY_REGION]), list);
  check('zone', named.zone, new Set([...regions, ...places.map(({ zone }) => zone)]), list);
  const all = 'List them: px pricing ls --all';
  check('instance type', named.instance_type, new Set(types.map(({ name }) => name)), all);
};

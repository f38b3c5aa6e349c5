import { PxError } from '../../protocol/errors.ts';
import { ANY_REGION, REGION_GROUPS } from '../../protocol/regions.ts';
import type { Market } from './market.ts';
import { PRICE_SOURCES } from './sources/registry.ts';

interface Named {
  provider?: readonly string[] | undefined;
  region?: readonly string[] | undefined;
  zone?: readonly string[] | undefined;
  instance_type?: readonly string[] | undefined;
}

/** The known names that begin as the unknown one does: enough for a slip of the finger. */
const similar = (known: ReadonlySet<string>, name: string): string[] => {
  const sorted = [...known].sort();
  for (let length = name.length - 1; length >= 2; length--) {
    const found = sorted.filter((each) => each.startsWith(name.slice(0, length)));
    if (found.length > 0) return found.slice(0, 3);
  }
  return [];
};

const check = (
  what: string,
  names: readonly string[] | undefined,
  known: ReadonlySet<string>,
): void => {
  const unknown = names?.find((name) => !known.has(name));
  if (unknown === undefined) return;
  const near = similar(known, unknown);
  throw new PxError('bad_request', `The catalog has no ${what} \`${unknown}\`.`, {
    hint: near.length > 0 ? `Did you mean ${near.join(', ')}?` : `List them: px pricing ls --all`,
  });
};

/** Refuses names that nothing in the catalog has: they would look like "no offer". */
export const checkNames = ({ catalog }: Market, named: Named): void => {
  const { places, types } = catalog;
  const clouds = [...places.map(({ cloud }) => cloud), ...PRICE_SOURCES.map(({ cloud }) => cloud)];
  check('provider', named.provider, new Set(clouds));
  const regions = places.map(({ region }) => region);
  check('region', named.region, new Set([...regions, ...REGION_GROUPS, ANY_REGION]));
  check('zone', named.zone, new Set([...regions, ...places.map(({ zone }) => zone)]));
  check('instance type', named.instance_type, new Set(types.map(({ name }) => name)));
};

import { at, type CatalogLists, type CatalogRow } from './catalog.ts';
import { numbered } from './numbered.ts';
import type { CatalogSource } from './offer.ts';

const RANK = { import: 0, api: 1, list: 2 } as const;

/** Import beats authenticated API beats public list; of two of a kind the newer, then the name. */
export const comparePrecedence = (a: CatalogSource, b: CatalogSource): number =>
  RANK[a.kind] - RANK[b.kind] || b.syncedAt - a.syncedAt || (a.name < b.name ? -1 : 1);

/** By zone the source whose price of one type in one region stands there; '' is all zones. */
type Taken = ReadonlyMap<string, number>;

/** The better source that has a price where this zone is; null where none has. */
const takenBy = (taken: Taken | undefined, zone: string): number | null => {
  if (taken === undefined) return null;
  const any = zone === '' ? taken.values().next().value : undefined;
  return taken.get('') ?? taken.get(zone) ?? any ?? null;
};

/** Offers of one source that are not in the catalog because another one has them. */
export interface Displaced {
  source: string;
  by: string;
  offers: number;
}

const createDisplaced = (lists: CatalogLists) => {
  const counts = new Map<string, Displaced>();
  return {
    count: (source: number, by: number): void => {
      const key = `${source} ${by}`;
      const name = (index: number): string => at(lists.sources, index).name;
      const known = counts.get(key) ?? { source: name(source), by: name(by), offers: 0 };
      known.offers++;
      counts.set(key, known);
    },
    all: (): readonly Displaced[] => [...counts.values()],
  };
};

/**
 * Drops each row that a better source also has: the same cloud, region and type, in the same zone or
 * where one of both holds for the whole region. A row without a price displaces nothing.
 */
export const withoutDisplaced = (
  lists: CatalogLists,
  rows: readonly CatalogRow[],
): { rows: readonly CatalogRow[]; displaced: readonly Displaced[] } => {
  if (lists.sources.length < 2) return { rows, displaced: [] };
  const type = numbered(lists.types, ({ cloud, name }) => `${cloud}\n${name}`);
  const region = numbered(lists.places, (place) => `${place.cloud}\n${place.region}`);
  const keyOf = (row: CatalogRow): number =>
    (type[row.type] ?? 0) * (lists.places.length + 1) + (region[row.place] ?? 0);
  const order = lists.sources
    .map((_, index) => index)
    .sort((a, b) => comparePrecedence(at(lists.sources, a), at(lists.sources, b)));
  const bySource = new Map<number, CatalogRow[]>(order.map((source) => [source, []]));
  for (const row of rows) bySource.get(row.source)?.push(row);
  const taken = new Map<number, Map<string, number>>();
  const displaced = createDisplaced(lists);
  const left = order.flatMap((source) => {
    const own = bySource.get(source) ?? [];
    const kept = own.filter((row) => {
      const by = takenBy(taken.get(keyOf(row)), at(lists.places, row.place).zone);
      if (by !== null) displaced.count(source, by);
      return by === null;
    });
    for (const row of kept) {
      if (row.price === null) continue;
      const zones = taken.get(keyOf(row)) ?? new Map<string, number>();
      taken.set(keyOf(row), zones.set(at(lists.places, row.place).zone, source));
    }
    return kept;
  });
  return { rows: left, displaced: displaced.all() };
};

import { at, type CatalogLists, type CatalogRow } from './catalog.ts';
import { numbered } from './numbered.ts';
import type { CatalogSource } from './offer.ts';

const RANK = { import: 0, api: 1, list: 2 } as const;

/** Import beats authenticated API beats public list; of two of a kind the newer, then the name. */
export const comparePrecedence = (a: CatalogSource, b: CatalogSource): number =>
  RANK[a.kind] - RANK[b.kind] || b.syncedAt - a.syncedAt || (a.name < b.name ? -1 : 1);

/** Zones of one type in one region that a better source has a price for; '' is all of them. */
const overlaps = (taken: Set<string> | undefined, zone: string): boolean =>
  taken !== undefined && (taken.has('') || taken.has(zone) || (zone === '' && taken.size > 0));

/**
 * Drops each row that a better source also has: the same cloud, region and type, in the same zone or
 * where one of both holds for the whole region. A row without a price displaces nothing.
 */
export const withoutDisplaced = (
  lists: CatalogLists,
  rows: readonly CatalogRow[],
): readonly CatalogRow[] => {
  if (lists.sources.length < 2) return rows;
  const type = numbered(lists.types, ({ cloud, name }) => `${cloud}\n${name}`);
  const region = numbered(lists.places, (place) => `${place.cloud}\n${place.region}`);
  const keyOf = (row: CatalogRow): number =>
    (type[row.type] ?? 0) * (lists.places.length + 1) + (region[row.place] ?? 0);
  const order = lists.sources
    .map((_, index) => index)
    .sort((a, b) => comparePrecedence(at(lists.sources, a), at(lists.sources, b)));
  const bySource = new Map<number, CatalogRow[]>(order.map((source) => [source, []]));
  for (const row of rows) bySource.get(row.source)?.push(row);
  const taken = new Map<number, Set<string>>();
  return order.flatMap((source) => {
    const own = bySource.get(source) ?? [];
    const kept = own.filter(
      (row) => !overlaps(taken.get(keyOf(row)), at(lists.places, row.place).zone),
    );
    for (const row of kept) {
      if (row.price === null) continue;
      const zones = taken.get(keyOf(row)) ?? new Set();
      taken.set(keyOf(row), zones.add(at(lists.places, row.place).zone));
    }
    return kept;
  });
};

import type { CatalogDb } from '../db/open-catalog.ts';
import { revisionsIn } from '../store/pricing-revisions.ts';
import { allOrigins, allPlaces, allTypes, pricesOf, ratesOf } from '../store/pricing-rows.ts';
import { allSources } from '../store/pricing-sources.ts';
import { type CatalogRow, createCatalog } from './catalog.ts';
import { createMarket, type Market } from './market.ts';
import type { RateName, RateRow } from './offer.ts';
import { withoutDisplaced } from './precedence.ts';

const indexById = (items: readonly { id: number }[]): Map<number, number> =>
  new Map(items.map(({ id }, index) => [id, index]));

const find = (indexes: Map<number, number>, id: number): number => {
  const index = indexes.get(id);
  if (index === undefined) throw new Error(`Expected a row that price names, got id ${id}`);
  return index;
};

const readRows = (db: CatalogDb) => {
  const types = allTypes(db);
  const places = allPlaces(db);
  const origins = allOrigins(db);
  const sources = allSources(db);
  const byId = { type: indexById(types), place: indexById(places), origin: indexById(origins) };
  const rows: CatalogRow[] = [];
  const rates: (RateRow & { source: number })[] = [];
  for (const revision of revisionsIn(db, 'active')) {
    const source = sources.findIndex(({ name }) => name === revision.source);
    for (const [place, type, origin, price, spot, interruption] of pricesOf(db, revision.id)) {
      rows.push({
        type: find(byId.type, type),
        place: find(byId.place, place),
        origin: find(byId.origin, origin),
        source,
        price,
        spot,
        interruption: interruption ?? '',
      });
    }
    for (const { cloud, region, name, usd } of ratesOf(db, revision.id)) {
      rates.push({ cloud, region, name: name as RateName, usd, source });
    }
  }
  return { lists: { types, places, origins, sources, rates }, rows };
};

/** What tells one state of the catalog from another. */
export const catalogVersion = (db: CatalogDb): string =>
  revisionsIn(db, 'active')
    .map(({ id }) => id)
    .join();

/** Reads everything that is active: about 0.2 s for a hundred thousand offers, once after each sync. */
export const readMarket = (db: CatalogDb): Market => {
  // One snapshot: a sync of another process may activate in between.
  const { lists, rows } = db.$client.transaction(() => readRows(db)).deferred();
  const { rows: left, displaced } = withoutDisplaced(lists, rows);
  return createMarket(createCatalog(lists, left), displaced);
};

import { PxError } from '../../protocol/errors.ts';
import { type CatalogDb, transactCatalog } from '../db/open-catalog.ts';
import { insertRevision, markOld, markStaged, touchRevision } from '../store/pricing-revisions.ts';
import {
  insertPrice,
  insertRate,
  internOrigin,
  internPlace,
  internType,
} from '../store/pricing-rows.ts';
import type { OfferRow, SourceRow } from './offer.ts';

/** Rows a transaction: some milliseconds, in which nothing else in this process runs. */
const BATCH_ROWS = 2000;

interface Staged {
  revision: number;
  offers: number;
  /** Rows that the source had to leave out. */
  skipped: number;
  /** Rows that came again; the last one counts. */
  repeated: number;
  withoutPrice: number;
}

/** Ids of what rows share, found once: a list names the same thousand types a hundred thousand times. */
const createIds = <T>(key: (value: T) => string, intern: (value: T) => number) => {
  const ids = new Map<string, number>();
  const byIdentity = new Map<T, number>();
  return (value: T): number => {
    const known = byIdentity.get(value);
    if (known !== undefined) return known;
    const name = key(value);
    const id = ids.get(name) ?? intern(value);
    ids.set(name, id);
    byIdentity.set(value, id);
    return id;
  };
};

const keyOf = (value: object): string => Object.values(value).join('\n');

const createInsert = (db: CatalogDb, revision: number, staged: Staged) => {
  const typeId = createIds<OfferRow['type']>(keyOf, (type) => internType(db, type));
  const placeId = createIds<OfferRow['place']>(keyOf, (place) => internPlace(db, place));
  const originId = createIds<OfferRow['origin']>(keyOf, (origin) => internOrigin(db, origin));
  const seen = new Set<number>();
  const insertOffer = ({ type, place, origin, price, spotPrice, interruption }: OfferRow): void => {
    const ids = { type: typeId(type), place: placeId(place), origin: originId(origin) };
    insertPrice(db, revision, {
      ...ids,
      price,
      spot: spotPrice,
      interruption: interruption || null,
    });
    if (price === null) staged.withoutPrice++;
    const key = ids.type * 2 ** 24 + ids.place;
    if (seen.has(key)) staged.repeated++;
    else staged.offers++;
    seen.add(key);
  };
  return (row: SourceRow): void => {
    // A machine without a core is none: a list that does not tell how many it has is no use.
    if ('offer' in row && row.offer.type.vcpus > 0) insertOffer(row.offer);
    else if ('rate' in row) insertRate(db, { revision, ...row.rate });
    else staged.skipped++;
  };
};

const superseded = (): PxError =>
  new PxError('unavailable', 'This sync was silent for so long that its rows were dropped.', {
    hint: 'Type it again: px pricing sync',
  });

/**
 * Writes one part of a source as a revision that nobody reads yet. Where it fails, or dies, the active
 * catalog is as it was; the rows of a dead one go with the next sweep.
 */
export const stagePart = async (
  db: CatalogDb,
  now: () => number,
  of: { source: string; part: string },
  rows: AsyncIterable<SourceRow>,
  onBatch: (offers: number) => void = () => {},
): Promise<Staged> => {
  const revision = insertRevision(db, of.source, of.part, now());
  const staged: Staged = { revision, offers: 0, skipped: 0, repeated: 0, withoutPrice: 0 };
  const insert = createInsert(db, revision, staged);
  let batch: SourceRow[] = [];
  const flush = (): void => {
    transactCatalog(db, () => {
      const before = staged.offers;
      for (const row of batch) insert(row);
      if (!touchRevision(db, revision, staged.offers - before, now())) throw superseded();
    });
    batch = [];
    onBatch(staged.offers);
  };
  try {
    for await (const row of rows) {
      batch.push(row);
      if (batch.length >= BATCH_ROWS) flush();
    }
    flush();
    if (!markStaged(db, revision, staged.skipped, now())) throw superseded();
    return staged;
  } catch (cause) {
    markOld(db, revision);
    throw cause;
  }
};

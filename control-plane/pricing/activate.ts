import { setImmediate } from 'node:timers/promises';
import { PxError } from '../../protocol/errors.ts';
import { type CatalogDb, settleCatalog, transactCatalog } from '../db/open-catalog.ts';
import {
  countWriting,
  deleteRevision,
  markActive,
  markReplaced,
  markStale,
  revisionsIn,
} from '../store/pricing-revisions.ts';
import {
  deletePrices,
  deleteRates,
  deleteUnusedOrigins,
  deleteUnusedPlaces,
  deleteUnusedTypes,
  upsertSource,
} from '../store/pricing-sources.ts';
import type { CatalogSource } from './offer.ts';

/** A writer that says nothing for ten minutes is dead: it speaks with every batch. */
const WRITER_SILENCE_MS = 600_000;
/** Parts of a sync that was cut short are taken up again by the next one for six hours. */
const STAGED_KEPT_MS = 21_600_000;
/** Rows that a sweep deletes at a time: a few milliseconds. */
const SWEEP_ROWS = 10_000;

/**
 * Puts staged revisions in the place of what their source had: of the parts that they are, or of all
 * where `whole`. One transaction: readers see the old catalog or the new one.
 */
export const activate = (
  db: CatalogDb,
  source: CatalogSource & { account?: string | null },
  staged: readonly { revision: number; part: string }[],
  whole: boolean,
): void =>
  transactCatalog(db, () => {
    const parts = staged.map(({ part }) => part);
    markReplaced(db, source.name, whole ? null : parts);
    if (
      markActive(
        db,
        staged.map(({ revision }) => revision),
      ) !== staged.length
    ) {
      throw new PxError('unavailable', 'Another sync has dropped what this one staged.', {
        hint: 'Type it again: px pricing sync',
      });
    }
    upsertSource(db, { account: null, ...source });
  });

/** A part that was read whole and is not active yet. */
interface StagedPart {
  id: number;
  rows: number;
  skipped: number;
}

/**
 * Whole parts that an earlier sync of this source left behind; of two of a part the newer one. One
 * without an offer is read again: what made it empty may have passed.
 */
export const stagedParts = (db: CatalogDb, source: string, now: number): Map<string, StagedPart> =>
  new Map(
    revisionsIn(db, 'staged')
      .filter((each) => each.source === source && each.rows > 0)
      .filter((each) => each.touchedAt > now - STAGED_KEPT_MS)
      .map(({ part, id, rows, skipped }) => [part, { id, rows, skipped }]),
  );

/** Removes what killed and failed writers left behind, where there is such: a look costs nothing. */
export const sweepDead = async (db: CatalogDb, now: number): Promise<void> => {
  markStale(db, 'writing', now - WRITER_SILENCE_MS);
  if (revisionsIn(db, 'old').length > 0) await sweep(db, now);
};

/**
 * Removes the rows of replaced and dead revisions, a slice at a time, and what no row names any more.
 * Safe to be killed in, and safe beside a sync.
 */
export const sweep = async (db: CatalogDb, now: number): Promise<void> => {
  markStale(db, 'writing', now - WRITER_SILENCE_MS);
  markStale(db, 'staged', now - STAGED_KEPT_MS);
  for (const { id } of revisionsIn(db, 'old')) {
    while (transactCatalog(db, () => deletePrices(db, id, SWEEP_ROWS)) > 0) await setImmediate();
    transactCatalog(db, () => {
      deleteRates(db, id);
      deleteRevision(db, id);
    });
  }
  transactCatalog(db, () => {
    // A writer knows ids that no price names yet.
    if (countWriting(db) > 0) return;
    deleteUnusedTypes(db);
    deleteUnusedPlaces(db);
    deleteUnusedOrigins(db);
  });
  settleCatalog(db);
};

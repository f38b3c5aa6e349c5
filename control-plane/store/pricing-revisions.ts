import { and, count, eq, inArray, lt, ne, sql } from 'drizzle-orm';
import { type RevisionState, revisions } from '../db/catalog-schema.ts';
import type { CatalogDb } from '../db/open-catalog.ts';

type Revision = typeof revisions.$inferSelect;

/** A new revision in state `writing`. */
export const insertRevision = (db: CatalogDb, source: string, part: string, now: number): number =>
  db
    .insert(revisions)
    .values({ source, part, state: 'writing', touchedAt: now })
    .returning({ id: revisions.id })
    .get().id;

/** Says that its writer lives, adds to its rows; false where it is not being written any more. */
export const touchRevision = (db: CatalogDb, id: number, rows: number, now: number): boolean =>
  db
    .update(revisions)
    .set({ touchedAt: now, rows: sql`${revisions.rows} + ${rows}` })
    .where(and(eq(revisions.id, id), eq(revisions.state, 'writing')))
    .run().changes === 1;

/** `writing` → `staged`; false where it is not being written any more. */
export const markStaged = (db: CatalogDb, id: number, skipped: number, now: number): boolean =>
  db
    .update(revisions)
    .set({ state: 'staged', skipped, touchedAt: now })
    .where(and(eq(revisions.id, id), eq(revisions.state, 'writing')))
    .run().changes === 1;

/** `staged` → `active`; the number that were staged. */
export const markActive = (db: CatalogDb, ids: readonly number[]): number =>
  db
    .update(revisions)
    .set({ state: 'active' })
    .where(and(inArray(revisions.id, [...ids]), eq(revisions.state, 'staged')))
    .run().changes;

/** Makes a source's active revisions old: of these parts, or of all. */
export const markReplaced = (
  db: CatalogDb,
  source: string,
  parts: readonly string[] | null,
): void => {
  const ofParts = parts === null ? undefined : inArray(revisions.part, [...parts]);
  db.update(revisions)
    .set({ state: 'old' })
    .where(and(eq(revisions.source, source), eq(revisions.state, 'active'), ofParts))
    .run();
};

/** One revision becomes old, whatever it was. */
export const markOld = (db: CatalogDb, id: number): void => {
  db.update(revisions).set({ state: 'old' }).where(eq(revisions.id, id)).run();
};

/** Those in a state whose writer was last heard of before `before` become old. */
export const markStale = (db: CatalogDb, state: RevisionState, before: number): void => {
  db.update(revisions)
    .set({ state: 'old' })
    .where(and(eq(revisions.state, state), lt(revisions.touchedAt, before)))
    .run();
};

/** In the order of their making. */
export const revisionsIn = (db: CatalogDb, state: RevisionState): Revision[] =>
  db.select().from(revisions).where(eq(revisions.state, state)).orderBy(revisions.id).all();

/** Whether anybody writes: then nothing that looks unused may go. */
export const countWriting = (db: CatalogDb): number =>
  db.select({ n: count() }).from(revisions).where(eq(revisions.state, 'writing')).get()?.n ?? 0;

/** Forgets an old revision whose rows are gone. */
export const deleteRevision = (db: CatalogDb, id: number): void => {
  db.delete(revisions)
    .where(and(eq(revisions.id, id), ne(revisions.state, 'active')))
    .run();
};

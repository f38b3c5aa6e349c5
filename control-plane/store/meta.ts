import { eq } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { meta } from '../db/schema.ts';

/** A fact of this control plane; undefined while it was never written. */
export const readMeta = (db: Db, key: string): string | undefined =>
  db.select().from(meta).where(eq(meta.key, key)).get()?.value;

/** Writes a fact anew. */
export const updateMeta = (db: Db, key: string, value: string): void => {
  db.update(meta).set({ value }).where(eq(meta.key, key)).run();
};

/** Writes a fact that nothing has written before. */
export const insertMeta = (db: Db, key: string, value: string): void => {
  db.insert(meta).values({ key, value }).run();
};

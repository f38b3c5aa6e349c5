import type { Db } from './open.ts';

/**
 * Statements that are prepared once per database, at their first use.
 *
 * @example const statements = prepared((db) => ({ one: db.select().from(jobs).prepare() }));
 */
export const prepared = <S, D extends object = Db>(make: (db: D) => S): ((db: D) => S) => {
  const made = new WeakMap<D, S>();
  return (db) => {
    const known = made.get(db);
    if (known !== undefined) return known;
    const fresh = make(db);
    made.set(db, fresh);
    return fresh;
  };
};

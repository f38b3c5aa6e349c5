import type { Db } from '../db/open.ts';
import { tokens } from '../db/schema.ts';

/** Stores a user's token by its hash; one that is known already stays as it is. */
export const insertToken = (db: Db, token: typeof tokens.$inferInsert): void => {
  db.insert(tokens).values(token).onConflictDoNothing({ target: tokens.hash }).run();
};

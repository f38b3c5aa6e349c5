import { eq, sql } from 'drizzle-orm';
import type { Db } from '../db/open.ts';
import { prepared } from '../db/prepared.ts';
import { nodes, tokens } from '../db/schema.ts';

const statements = prepared((db) => ({
  client: db
    .select({ id: tokens.id })
    .from(tokens)
    .where(eq(tokens.hash, sql.placeholder('hash')))
    .prepare(),
  node: db
    .select({
      id: nodes.id,
      clusterId: nodes.clusterId,
      incarnation: nodes.incarnation,
      joinHash: nodes.joinHash,
    })
    .from(nodes)
    .where(eq(nodes.tokenHash, sql.placeholder('hash')))
    .prepare(),
  join: db
    .select({ id: nodes.id, expiresAt: nodes.joinExpiresAt })
    .from(nodes)
    .where(eq(nodes.joinHash, sql.placeholder('hash')))
    .prepare(),
}));

/** The user's token with this hash. */
export const findClientToken = (db: Db, hash: Buffer) => statements(db).client.get({ hash });

/** The node whose own token has this hash. */
export const findNodeToken = (db: Db, hash: Buffer) => statements(db).node.get({ hash });

/** The node that waits for the join token with this hash. */
export const findJoinToken = (db: Db, hash: Buffer) => statements(db).join.get({ hash });

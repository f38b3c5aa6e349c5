import { readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { PxError } from '../../protocol/errors.ts';

/** Relative to this file, so that it is found from the sources and from dist/ alike. */
const FOLDER = new URL('../../migrations/', import.meta.url);

interface Journal {
  entries: { idx: number; tag: string }[];
}

const readMigrations = (folder: URL): string[] => {
  const journal: Journal = JSON.parse(readFileSync(new URL('meta/_journal.json', folder), 'utf8'));
  return journal.entries.map(({ tag }) => readFileSync(new URL(`${tag}.sql`, folder), 'utf8'));
};

/**
 * Brings the schema to this version's state. `user_version` is the number of migrations that were
 * applied; all that lack are applied in one transaction. Throws `newer_database`.
 */
export const migrate = (client: Database, folder: URL = FOLDER): void => {
  const migrations = readMigrations(folder);
  client
    .transaction(() => {
      const applied = Number(client.pragma('user_version', { simple: true }));
      if (applied > migrations.length) {
        throw new PxError('newer_database', 'A newer px has written this database.', {
          hint: 'Update px on this machine, or use another PX_HOME.',
        });
      }
      if (applied === migrations.length) return;
      for (const sql of migrations.slice(applied)) client.exec(sql);
      client.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
};

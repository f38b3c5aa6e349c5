import type Database from 'better-sqlite3';

type Client = Database.Database;

/** Points of a fault test around whatever becomes durable. */
const BEFORE = 'before-write';
const AFTER = 'after-write';

const around = <A extends unknown[], R>(
  client: Client,
  at: (point: string) => void,
  work: (...words: A) => R,
): ((...words: A) => R) => {
  return (...words) => {
    // Within a transaction nothing is durable yet: its commit counts.
    if (client.inTransaction) return work(...words);
    at(BEFORE);
    const result = work(...words);
    at(AFTER);
    return result;
  };
};

/**
 * Calls `at` before and after each commit of the database: of a transaction, and of a statement
 * outside of one. For fault tests, which count them.
 */
export const watchWrites = (client: Client, at: (point: string) => void): void => {
  const prepare = client.prepare.bind(client) as Client['prepare'];
  const transaction = client.transaction.bind(client) as Client['transaction'];
  Object.assign(client, {
    prepare: (source: string) => {
      const statement = prepare(source);
      if (statement.readonly) return statement;
      const { run, get, all } = statement;
      return Object.assign(statement, {
        run: around(client, at, run.bind(statement)),
        get: around(client, at, get.bind(statement)),
        all: around(client, at, all.bind(statement)),
      });
    },
    transaction: (work: () => unknown) => {
      const made = transaction(work);
      const immediate = around(client, at, made.immediate.bind(made));
      return Object.assign(around(client, at, made), { immediate });
    },
  });
};

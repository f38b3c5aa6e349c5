import Database from 'better-sqlite3';

/** Held locks by path: a lock whose object were collected would be dropped without a word. */
const held = new Map<string, Database.Database>();

const isBusy = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && /^SQLITE_(BUSY|LOCKED)/.test(String(cause.code));

/** Whether a process holds the lock; it is only looked at. */
export const isLocked = (path: string): boolean => {
  try {
    const client = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 });
    try {
      client.prepare('select count(*) from sqlite_schema').get();
      return false;
    } finally {
      client.close();
    }
  } catch (cause) {
    // Anything else: there is no such file, or nobody's.
    return isBusy(cause);
  }
};

/**
 * Takes the lock file for as long as this process lives, by SQLite's own file locks (Node has no
 * flock). The kernel drops it with the process. Null where another process holds it.
 */
export const acquireLock = (path: string): { release(): void } | null => {
  const client = new Database(path, { timeout: 0 });
  try {
    client.pragma('locking_mode = EXCLUSIVE');
    client.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    client.close();
    if (isBusy(cause)) return null;
    throw cause;
  }
  held.set(path, client);
  return {
    release: () => {
      held.delete(path);
      client.close();
    },
  };
};

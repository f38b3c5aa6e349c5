import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * `mkdir -p`. Node's own asks again for ever where a folder that is there answers ENOENT to a new one
 * in it, as /proc does.
 *
 * @param mode of every folder that is made, such as 0o700
 * @throws what the system answers
 */
export const makeFolder = (path: string, mode = 0o777): void => {
  if (exists(path)) return;
  makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another px was faster.
    if (!exists(path)) throw error;
  }
};

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { PxError } from '../protocol/errors.ts';
import type { Deps } from './deps.ts';
import { checkFree } from './disk.ts';
import { translate } from './failures.ts';
import { readMeta } from './store/meta.ts';

const checkDisk = async (deps: Deps): Promise<void> => {
  const { dataDir, settings } = deps;
  await checkFree(dataDir, settings.freeFloorBytes);
  await access(dataDir, constants.W_OK).catch((cause: unknown) => {
    throw new PxError('disk_full', 'PX_HOME cannot be written: it is read-only.', {
      hint: 'Mount it read-write; px goes on by itself.',
      cause,
    });
  });
};

/** Why this control plane cannot do its work, with what to do; null where it can. */
export const findProblem = async (deps: Deps): Promise<string | null> => {
  try {
    readMeta(deps.db, 'id');
    await checkDisk(deps);
    return null;
  } catch (cause) {
    const failure = translate(cause);
    if (!(failure instanceof PxError)) throw cause;
    return failure.hint === null ? failure.message : `${failure.message} ${failure.hint}`;
  }
};

import { PxError } from '../../protocol/errors.ts';
import type { Deps } from '../deps.ts';
import { placeFile } from '../embedded/place.ts';

/**
 * Throws `home_copied` in a copy of a PX_HOME that has clusters: they are the affair of the control
 * plane that stands where it was copied from, and two would end each other's machines.
 */
export const checkOwnHome = ({ isCopy, dataDir }: Pick<Deps, 'isCopy' | 'dataDir'>): void => {
  if (!isCopy) return;
  throw new PxError(
    'home_copied',
    `PX_HOME ${dataDir} is a copy of another one, whose clusters it must not touch.`,
    { hint: `If the other one is gone for good: rm ${placeFile(dataDir)} && px server stop` },
  );
};

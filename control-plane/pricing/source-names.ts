import { PxError } from '../../protocol/errors.ts';
import { PRICE_SOURCES } from './sources/registry.ts';

/** An import under the name of a list would be replaced by that list's next sync. */
export const refuseName = (name: string): void => {
  if (!PRICE_SOURCES.some((source) => source.name === name)) return;
  throw new PxError('bad_request', `The name ${name} belongs to a price list.`, {
    hint: 'Choose another: px pricing import FILE.csv --source my-prices',
  });
};

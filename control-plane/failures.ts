import { translateFailure } from './db/failure.ts';
import { translateWrite } from './disk.ts';

/** What a full, read-only or damaged disk makes of a write or a query, as a PxError; all else as it is. */
export const translate = (cause: unknown): unknown => translateFailure(translateWrite(cause));

import { toHex } from '../protocol/bytes.ts';
import type { Db } from './db/open.ts';
import { insertMeta, readMeta } from './store/meta.ts';

/** 64 bits, so that no two control planes share labels in a cloud account. */
const ID_BYTES = 8;

/** The id of this control plane, made with its database: what it labels its machines with. */
export const identityOf = (db: Db, random: (count: number) => Uint8Array): string => {
  const known = readMeta(db, 'id');
  if (known !== undefined) return known;
  const id = toHex(random(ID_BYTES));
  insertMeta(db, 'id', id);
  return id;
};

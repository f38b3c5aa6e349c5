import { toHex } from '../protocol/bytes.ts';
import type { Db } from './db/open.ts';
import { insertMeta, readMeta, updateMeta } from './store/meta.ts';

/** 64 bits, so that no two control planes share labels in a cloud account. */
const ID_BYTES = 8;

const draw = (random: (count: number) => Uint8Array): string => toHex(random(ID_BYTES));

/** A control plane that was copied is another one: what carries the former id is not its own. */
export const renewIdentity = (db: Db, random: (count: number) => Uint8Array): void => {
  if (readMeta(db, 'id') !== undefined) updateMeta(db, 'id', draw(random));
};

/** The id of this control plane, made with its database: what it labels its machines with. */
export const identityOf = (db: Db, random: (count: number) => Uint8Array): string => {
  const known = readMeta(db, 'id');
  if (known !== undefined) return known;
  const id = draw(random);
  insertMeta(db, 'id', id);
  return id;
};

import { createHash } from 'node:crypto';
import { toHex } from '../protocol/bytes.ts';

/** 256 bits: beyond guessing, so that a plain hash of it may be stored. */
const TOKEN_BYTES = 32;

/** A new bearer token, in hex. */
export const makeToken = (random: (count: number) => Uint8Array): string =>
  toHex(random(TOKEN_BYTES));

/** What is stored of a token. Looking it up by hash makes the comparison's time tell nothing. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

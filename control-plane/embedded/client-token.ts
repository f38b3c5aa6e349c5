import { join } from 'node:path';
import { makeId } from '../../protocol/ids.ts';
import type { Deps } from '../deps.ts';
import { insertToken } from '../store/tokens.ts';
import { hashToken, makeToken } from '../token.ts';
import { readIfThere, writePrivate } from './private-file.ts';

/** The token of this machine's user, made once and kept in PX_HOME/token; the database knows its hash. */
export const ensureClientToken = (home: string, deps: Deps): string => {
  const path = join(home, 'token');
  const { db, clock, random } = deps;
  let token = readIfThere(path)?.trim() ?? '';
  if (token === '') {
    token = makeToken(random);
    writePrivate(path, `${token}\n`, deps.server.pid);
  }
  insertToken(db, {
    id: makeId('t', random(10)),
    name: 'this machine',
    hash: hashToken(token),
    createdAt: clock.now(),
  });
  return token;
};

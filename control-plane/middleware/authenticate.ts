import type { MiddlewareHandler } from 'hono';
import { PxError } from '../../protocol/errors.ts';
import type { Role } from '../../protocol/route.ts';
import type { Deps } from '../deps.ts';
import type { Principal } from '../handler.ts';
import { findClientToken, findJoinToken, findNodeToken } from '../store/principals.ts';
import { hashToken } from '../token.ts';
import type { AppEnv } from './context.ts';

const BEARER = /^Bearer ([\x21-\x7e]+)$/i;

const unauthorized = (message: string): PxError =>
  new PxError('unauthorized', message, {
    hint: 'Send the token of PX_HOME/token as: authorization: Bearer TOKEN',
  });

const findClient = ({ db }: Deps, hash: Buffer): Principal | null => {
  const client = findClientToken(db, hash);
  return client === undefined ? null : { role: 'client', tokenId: client.id };
};

const findNode = ({ db }: Deps, hash: Buffer): Principal | null => {
  const node = findNodeToken(db, hash);
  if (node === undefined) return null;
  const { id, clusterId, incarnation, joinHash } = node;
  return { role: 'node', nodeId: id, clusterId, incarnation, isFresh: joinHash !== null };
};

const findJoin = ({ db, clock }: Deps, hash: Buffer): Principal | null => {
  const join = findJoinToken(db, hash);
  const isExpired = (join?.expiresAt ?? 0) <= clock.now();
  return join === undefined || isExpired ? null : { role: 'join', nodeId: join.id };
};

/** Whose token it is; the kind that the route wants is looked for first. */
const find = (deps: Deps, token: string, role: Role): Principal | null => {
  const hash = hashToken(token);
  const [first, second] = role === 'node' ? [findNode, findClient] : [findClient, findNode];
  return first(deps, hash) ?? second(deps, hash) ?? findJoin(deps, hash);
};

/** Turns the bearer token into a Principal, or refuses: `unauthorized`, `forbidden`. */
export const authenticate = (deps: Deps, role: Role): MiddlewareHandler<AppEnv> => {
  return async (context, next) => {
    if (role === 'public') {
      context.set('principal', { role: 'public' });
      return next();
    }
    const header = context.req.header('authorization');
    if (header === undefined) throw unauthorized('This route needs a token.');
    const token = BEARER.exec(header)?.[1];
    const principal = token === undefined ? null : find(deps, token, role);
    if (principal === null) throw unauthorized('The token is unknown, used up or expired.');
    if (principal.role !== role) {
      throw new PxError(
        'forbidden',
        `This route takes a ${role} token, got a ${principal.role} token.`,
      );
    }
    context.set('principal', principal);
    return next();
  };
};

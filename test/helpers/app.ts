import { randomBytes } from 'node:crypto';
import type { Deps } from '../../control-plane/deps.ts';
import type { Handlers } from '../../control-plane/handler.ts';
import { insertCluster } from '../../control-plane/store/clusters.ts';
import { insertNode } from '../../control-plane/store/nodes.ts';
import { insertToken } from '../../control-plane/store/tokens.ts';
import { hashToken, makeToken } from '../../control-plane/token.ts';
import { PxError } from '../../protocol/errors.ts';
import { makeId } from '../../protocol/ids.ts';
import type { Role } from '../../protocol/route.ts';
import { routes } from '../../protocol/routes.ts';

/** The status of `reached`. */
export const REACHED = 501;

/** Handlers that all answer 501: a call got as far as its handler. */
export const reached: Handlers = Object.fromEntries(
  Object.keys(routes).map((name) => [
    name,
    async () => {
      throw new PxError('unsupported', `reached ${name}`);
    },
  ]),
) as unknown as Handlers;

const random = (count: number): Uint8Array => randomBytes(count);

/** A token of each role, as the control plane knows them. */
export const makeTokens = (deps: Deps): Record<Exclude<Role, 'public'>, string> => {
  const [client, node, join] = [makeToken(random), makeToken(random), makeToken(random)];
  const now = deps.clock.now();
  const clusterId = makeId('c', random(10));
  insertToken(deps.db, {
    id: makeId('t', random(10)),
    name: 'test',
    hash: hashToken(client),
    createdAt: now,
  });
  insertCluster(deps.db, {
    id: clusterId,
    name: 'demo',
    state: 'up',
    spec: { provider: 'local', nodes: 2, cpusPerNode: 1, idleTimeoutMs: 0, maxLifetimeMs: 0 },
    createdAt: now,
  });
  const insert = (ordinal: number, tokens: { tokenHash?: Buffer; joinHash?: Buffer }): void =>
    insertNode(deps.db, {
      id: makeId('n', random(10)),
      clusterId,
      ordinal,
      name: `demo-${ordinal}`,
      state: 'provisioning',
      slots: 1,
      createdAt: now,
      joinExpiresAt: now + 60_000,
      ...tokens,
    });
  insert(0, { tokenHash: hashToken(node) });
  insert(1, { joinHash: hashToken(join) });
  return { client, node, join };
};

import { PxError } from '../../protocol/errors.ts';
import type { Join, JoinReply } from '../../protocol/messages/worker.ts';
import { PROTOCOL, PROTOCOL_OLDEST, VERSION } from '../../protocol/version.ts';
import type { Deps } from '../deps.ts';
import { clusterTopic, workTopic } from '../notices.ts';
import { findNode, updateNode } from '../store/nodes.ts';
import { hashToken, makeToken } from '../token.ts';
import { commit } from './commit.ts';
import { leaseMsOf } from './lease-ms.ts';
import { freeLeases, type Why } from './lose.ts';
import { forgetNode } from './state.ts';

const refuseProtocol = (join: Join): void => {
  if (join.protocol >= PROTOCOL_OLDEST && join.protocol <= PROTOCOL) return;
  const spoken = `${PROTOCOL_OLDEST} to ${PROTOCOL}`;
  throw new PxError(
    'upgrade_required',
    `The worker ${join.version} speaks protocol ${join.protocol}; px ${VERSION} speaks ${spoken}.`,
    { hint: 'Take the cluster down and up again with: px cluster down, px cluster up' },
  );
};

/**
 * A worker becomes the node: a new incarnation with a token of its own, which fences every older one.
 * The join token stays good until the new token was used once, so that a lost reply costs nothing.
 * Throws `upgrade_required`, `not_found`.
 */
export const joinNode = (deps: Deps, nodeId: string, join: Join): JoinReply => {
  refuseProtocol(join);
  const token = makeToken(deps.random);
  const reply = commit(deps, (change) => {
    const node = findNode(deps.db, nodeId);
    if (node === undefined || node.state === 'terminated') {
      throw new PxError('not_found', `There is no node ${nodeId} any more.`);
    }
    const incarnation = node.incarnation + 1;
    const slots = node.slots > 0 ? node.slots : join.cpus;
    freeLeases(change, nodeId, 'lost');
    updateNode(deps.db, nodeId, {
      state: node.state === 'draining' ? 'draining' : 'ready',
      slots,
      cpus: join.cpus,
      memoryBytes: join.memoryBytes,
      version: join.version,
      protocol: join.protocol,
      incarnation,
      tokenHash: hashToken(token),
      seenAt: change.at,
      problem: null,
    });
    change.topics.add(clusterTopic(node.clusterId)).add(workTopic(node.clusterId));
    const leaseMs = leaseMsOf(deps, nodeId);
    return { node: nodeId, name: node.name, token, slots, incarnation, leaseMs };
  });
  forgetNode(deps.execution, nodeId);
  return reply;
};

/** The node's token is in use: the join token is spent. */
export const spendJoinToken = (deps: Deps, nodeId: string): void => {
  updateNode(deps.db, nodeId, { joinHash: null, joinExpiresAt: null });
};

/** The worker exits by itself: what it held counts as nothing. */
export const leaveNode = (
  deps: Deps,
  nodeId: string,
  why: Exclude<Why, 'lost'> = 'given_back',
): void => {
  commit(deps, (change) => freeLeases(change, nodeId, why));
  updateNode(deps.db, nodeId, { seenAt: deps.clock.now() });
  forgetNode(deps.execution, nodeId);
};

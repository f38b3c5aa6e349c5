import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../../control-plane/app.ts';
import { attend } from '../../../control-plane/clusters/attended.ts';
import { NO_ACCESS } from '../../../control-plane/clusters/site.ts';
import { tendClusters } from '../../../control-plane/clusters/tick.ts';
import { allHandlers } from '../../../control-plane/handlers.ts';
import { createProviders } from '../../../control-plane/providers/registry.ts';
import { listLiveClusters, setClusterState } from '../../../control-plane/store/clusters.ts';
import { listNodes, updateNode } from '../../../control-plane/store/nodes.ts';
import { insertToken } from '../../../control-plane/store/tokens.ts';
import { hashToken } from '../../../control-plane/token.ts';
import { createClient } from '../../../protocol/client.ts';
import type { ErrorCode, PxError } from '../../../protocol/errors.ts';
import type { ClusterSpec } from '../../../protocol/messages/clusters.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createFakeProvider } from '../../helpers/fake-provider.ts';
import { submission } from '../../helpers/jobs.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

const SPEC: ClusterSpec = {
  provider: 'local',
  nodes: 2,
  cpusPerNode: 3,
  idleTimeoutMs: 900_000,
  maxLifetimeMs: 0,
};

const setUp = (t: Cleanup, promises = {}) => {
  const clock = createManualClock();
  const provider = createFakeProvider(promises);
  const deps = createTestDeps(t, { clock, providers: createProviders([provider]) });
  const app = createApp(deps, allHandlers(deps));
  const url = 'http://127.0.0.1';
  const ask: typeof fetch = async (input, init) => await app.request(String(input), init);
  insertToken(deps.db, { id: 't0', name: 't', hash: hashToken('user'), createdAt: 0 });
  const client = createClient({ url, token: 'user', fetch: ask });
  const as = (token: string) => createClient({ url, token, fetch: ask });
  const up = (spec: Partial<ClusterSpec> = {}) =>
    client.call('clusterUp', { json: { name: 'demo', spec: { ...SPEC, ...spec } } });
  const show = () => client.call('cluster', { params: { name: 'demo' } });
  const down = (force = false) =>
    client.call('clusterDown', { params: { name: 'demo' }, query: { force } });
  const join = (token: string) =>
    as(token).call('workerJoin', {
      json: { protocol: 1, version: '0.1.0', cpus: 4, memoryBytes: 1, arch: 'x86_64' },
    });
  const joinAll = async () => {
    for (const { joinToken } of provider.created) await join(joinToken);
  };
  return { clock, provider, deps, client, as, up, show, down, join, joinAll };
};

const withCode = (code: ErrorCode, words?: RegExp) => (error: PxError) => {
  assert.equal(error.code, code);
  if (words !== undefined) assert.match(`${error.message} ${error.hint}`, words);
  return true;
};

describe('cluster up', () => {
  test('the intent is durable before a machine is asked for', async (t) => {
    const { up, provider, deps } = setUp(t);
    const seen: string[] = [];
    provider.onCreate = ({ nodeId }) => {
      const [cluster] = listLiveClusters(deps.db);
      const nodes = listNodes(deps.db, cluster?.id ?? '');
      seen.push(`${cluster?.name} ${nodes.length} ${nodes.some(({ id }) => id === nodeId)}`);
    };
    const { cluster, created } = await up();
    assert.equal(created, true);
    assert.deepEqual(seen, ['demo 2 true', 'demo 2 true']);
    assert.deepEqual(
      cluster.nodes.map(({ name, state, slots }) => `${name} ${state} ${slots}`),
      ['demo-0 provisioning 3', 'demo-1 provisioning 3'],
    );
  });

  test('the same spec again makes nothing', async (t) => {
    const { up, provider } = setUp(t);
    const first = await up();
    const second = await up();
    assert.equal(second.created, false);
    assert.equal(second.cluster.id, first.cluster.id);
    assert.equal(provider.created.length, 2);
  });

  test('another spec is refused with every difference and the command', async (t) => {
    const { up } = setUp(t);
    await up();
    const error = await up({ nodes: 5, cpusPerNode: 1 }).catch((cause) => cause);
    assert.ok(withCode('cluster_spec_differs', /nodes is 2, .*px cluster down demo/)(error));
    assert.deepEqual(error.details, [
      { key: 'nodes', is: 2, asked: 5 },
      { key: 'cpusPerNode', is: 3, asked: 1 },
    ]);
  });

  test('a provider that is not built is refused, and those that are here are named', async (t) => {
    const { up, client } = setUp(t);
    await assert.rejects(
      up({ provider: 'gcp' }),
      withCode('provider_unsupported', /\(local\), got `gcp`/),
    );
    assert.deepEqual((await client.call('clusters')).items, []);
  });

  test('a token joins its node, which is ready then', async (t) => {
    const { up, show, joinAll } = setUp(t);
    await up();
    await joinAll();
    const { nodes } = await show();
    assert.deepEqual(
      nodes.map(({ state }) => state),
      ['ready', 'ready'],
    );
    assert.deepEqual(
      nodes.map(({ cpus }) => cpus),
      [4, 4],
    );
  });

  test('what the provider refuses stands at the node and is tried again, later and later', async (t) => {
    const { up, show, provider, deps, clock } = setUp(t);
    provider.refuse.create = true;
    let asked = 0;
    provider.onCreate = () => {
      asked += 1;
    };
    await up({ nodes: 1 });
    assert.equal((await show()).nodes[0]?.problem, 'quota exceeded');
    await tendClusters(deps);
    assert.equal(asked, 1, 'not at once');
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      await tendClusters(deps);
    }
    assert.ok(asked >= 5 && asked <= 10, `${asked} times in a minute`);
    provider.refuse.create = false;
    clock.advance(30_000);
    await tendClusters(deps);
    assert.equal(provider.machines.size, 1);
    assert.equal((await show()).nodes[0]?.problem, null);
  });

  test('a waiting call answers when a node joins', async (t) => {
    const { up, client, join, provider } = setUp(t);
    await up({ nodes: 1 });
    const waiting = client.call('cluster', { params: { name: 'demo' }, query: { waitMs: 60_000 } });
    await join(provider.created[0]?.joinToken ?? '');
    assert.equal((await waiting).nodes[0]?.state, 'ready');
  });
});

describe('cluster down', () => {
  test('it answers when every machine is gone, and tokens of its nodes are dead', async (t) => {
    const { up, down, join, as, provider } = setUp(t);
    await up();
    const { token } = await join(provider.created[0]?.joinToken ?? '');
    await as(token).call('workerRenew', { json: { leases: [] } });
    const cluster = await down();
    assert.equal(cluster.state, 'down');
    assert.deepEqual(
      cluster.nodes.map(({ state }) => state),
      ['terminated', 'terminated'],
    );
    assert.equal(provider.machines.size, 0);
    await assert.rejects(
      as(token).call('workerRenew', { json: { leases: [] } }),
      withCode('unauthorized'),
    );
    await assert.rejects(join(provider.created[1]?.joinToken ?? ''), withCode('unauthorized'));
  });

  test('one that is not there is named with the command that lists those that are', async (t) => {
    const { down, show } = setUp(t);
    await assert.rejects(down(), withCode('cluster_not_found', /px cluster ls/));
    await assert.rejects(show(), withCode('cluster_not_found'));
  });

  test('the name is free again, and the list shows the old one only when asked', async (t) => {
    const { up, down, client } = setUp(t);
    const first = await up();
    await down();
    const second = await up({ nodes: 1 });
    assert.equal(second.created, true);
    assert.notEqual(second.cluster.id, first.cluster.id);
    const idsOf = async (all: boolean, page = {}) => {
      const { items, next } = await client.call('clusters', { query: { all, ...page } });
      return { ids: items.map(({ id }) => id), next };
    };
    assert.deepEqual((await idsOf(false)).ids, [second.cluster.id]);
    const one = await idsOf(true, { limit: 1 });
    assert.deepEqual(one.ids, [second.cluster.id]);
    const two = await idsOf(true, { limit: 1, cursor: one.next ?? '' });
    assert.deepEqual(two.ids, [first.cluster.id]);
    await assert.rejects(idsOf(true, { cursor: 'x' }), withCode('bad_request', /cursor/));
  });

  test('it refuses while a job has not ended, and cancels it by force', async (t) => {
    const { up, down, client, provider } = setUp(t);
    await up();
    const { id } = await client.call('jobSubmit', { json: submission() });
    await assert.rejects(down(), withCode('cluster_busy', new RegExp(`${id}.*--force`)));
    assert.equal(provider.machines.size, 2);
    assert.equal((await down(true)).state, 'down');
    const job = await client.call('job', { params: { id } });
    assert.equal(job.state, 'canceled');
  });

  test('a provider that refuses to destroy is asked again until nothing is left', async (t) => {
    const { up, down, show, provider, deps } = setUp(t);
    await up();
    provider.refuse.destroy = true;
    await assert.rejects(down(), withCode('provider_refused', /quota exceeded/));
    assert.equal((await show()).state, 'going_down');
    await assert.rejects(up(), withCode('cluster_busy', /going down/));
    provider.refuse.destroy = false;
    await tendClusters(deps);
    assert.equal((await show()).state, 'down');
    assert.equal(provider.machines.size, 0);
  });

  test('two at once take it down once', async (t) => {
    const { up, down } = setUp(t);
    await up();
    const [one, two] = await Promise.all([down(), down()]);
    assert.equal(one.state, 'down');
    assert.equal(two.state, 'down');
  });
});

describe('the care for clusters', () => {
  test('a machine that is gone is made again under the same node, with another token', async (t) => {
    const { up, joinAll, show, provider, deps, join } = setUp(t);
    await up({ nodes: 1 });
    await joinAll();
    const [first] = provider.created;
    provider.machines.clear();
    deps.fleet.launches.clear();
    await tendClusters(deps);
    const second = provider.created[1];
    assert.equal(second?.nodeId, first?.nodeId);
    assert.notEqual(second?.joinToken, first?.joinToken);
    assert.equal((await show()).nodes[0]?.state, 'provisioning');
    await join(second?.joinToken ?? '');
    const [node] = (await show()).nodes;
    assert.deepEqual([node?.state, node?.incarnation, node?.problem], ['ready', 2, null]);
  });

  test('where machines are not made again, the node is lost and says why', async (t) => {
    const { up, joinAll, show, provider, deps } = setUp(t, { restarts: false });
    await up({ nodes: 1 });
    await joinAll();
    provider.machines.clear();
    await tendClusters(deps);
    await tendClusters(deps);
    const [node] = (await show()).nodes;
    assert.deepEqual([node?.state, node?.problem], ['lost', 'it was preempted']);
    assert.equal(provider.created.length, 1);
  });

  test('a node that was never made is made after a restart', async (t) => {
    const { up, provider, deps, clock } = setUp(t);
    provider.refuse.create = true;
    await up({ nodes: 1 });
    provider.refuse.create = false;
    // What a process that was killed between intent and create leaves.
    deps.fleet.launches.clear();
    clock.advance(1);
    await tendClusters(deps);
    assert.equal(provider.machines.size, 1);
  });

  test('a machine whose worker does not join in time is made again', async (t) => {
    const { up, provider, deps, clock } = setUp(t);
    await up({ nodes: 1 });
    clock.advance(599_000);
    await tendClusters(deps);
    assert.equal(provider.created.length, 1);
    clock.advance(2000);
    await tendClusters(deps);
    assert.equal(provider.created.length, 2);
  });

  test('an idle cluster goes down after its time, not earlier, and never while a job runs', async (t) => {
    const { up, show, client, deps, clock } = setUp(t);
    await up();
    const look = async (ms: number) => {
      clock.advance(ms);
      await tendClusters(deps);
      return (await show()).state;
    };
    assert.equal(await look(0), 'up');
    const { id } = await client.call('jobSubmit', { json: submission() });
    assert.equal(await look(2_000_000), 'up');
    await client.call('jobCancel', { params: { id } });
    assert.equal(await look(899_000), 'up');
    assert.equal(await look(2000), 'down');
  });

  test('a cluster that somebody waits for is not idle while it comes up', async (t) => {
    const { client, show, joinAll, deps, clock } = setUp(t);
    const access = { ...NO_ACCESS, attended: true };
    await client.call('clusterUp', {
      json: { name: 'demo', spec: { ...SPEC, idleTimeoutMs: 10_000 }, access },
    });
    const look = async (ms: number) => {
      clock.advance(ms);
      attend(deps, (await show()).id);
      await tendClusters(deps);
      return (await show()).state;
    };
    assert.equal(await look(20_000), 'up');
    assert.equal(await look(20_000), 'up');
    await joinAll();
    assert.equal(await look(20_000), 'up');
    await client.call('clusterKeep', { params: { name: 'demo' } });
    assert.equal(await look(1000), 'up');
    assert.equal(await look(20_000), 'down');
  });

  test('a cluster without idle timeout stays', async (t) => {
    const { up, show, deps, clock } = setUp(t);
    await up({ idleTimeoutMs: 0 });
    for (let day = 0; day < 3; day += 1) {
      await tendClusters(deps);
      clock.advance(86_400_000);
    }
    assert.equal((await show()).state, 'up');
  });

  test('an interrupted takedown goes on', async (t) => {
    const { up, show, provider, deps } = setUp(t);
    const { cluster } = await up();
    for (const { id } of cluster.nodes) updateNode(deps.db, id, { state: 'draining' });
    setClusterState(deps.db, cluster.id, 'going_down', null);
    await tendClusters(deps);
    assert.equal((await show()).state, 'down');
    assert.equal(provider.machines.size, 0);
  });
});

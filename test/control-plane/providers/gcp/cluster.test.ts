// Clusters of the emulated cloud, as the control plane has them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bringUp } from '../../../../control-plane/clusters/bring-up.ts';
import { resize } from '../../../../control-plane/clusters/resize.ts';
import { takeDown } from '../../../../control-plane/clusters/take-down.ts';
import { tendClusters } from '../../../../control-plane/clusters/tick.ts';
import type { Deps } from '../../../../control-plane/deps.ts';
import { joinNode } from '../../../../control-plane/execution/join.ts';
import type { Machines } from '../../../../control-plane/machines/machines.ts';
import { createProviders } from '../../../../control-plane/providers/registry.ts';
import { type ClusterRow, findCluster } from '../../../../control-plane/store/clusters.ts';
import { listNodes } from '../../../../control-plane/store/nodes.ts';
import { listPrices } from '../../../../control-plane/store/prices.ts';
import type { ClusterSpec } from '../../../../protocol/messages/clusters.ts';
import type { Gce } from '../../../emulators/gce/start.ts';
import { type Cleanup, createTestDeps } from '../../../helpers/control-plane.ts';
import { GCP_SPEC, makeGcp, startOnPaper } from '../../../helpers/gcp.ts';

const JOIN = { protocol: 1, version: '0.1.0', cpus: 2, memoryBytes: 1, arch: 'x86_64' } as const;

/** Waits until nothing is being made. */
const settled = async ({ fleet }: Deps): Promise<void> => {
  await Promise.all(fleet.working.values());
  // The next look launches at once what is to be launched.
  fleet.launches.clear();
};

const nodesOf = ({ db }: Deps, { id }: ClusterRow) => listNodes(db, id);

/** A cluster whose nodes have joined. */
const setUp = async (
  t: Cleanup,
  gce: Gce,
  spec: Partial<ClusterSpec>,
  account: Parameters<typeof makeGcp>[2] = {},
) => {
  const { provider, access } = makeGcp(t, gce, account);
  const deps = createTestDeps(t, { providers: createProviders([provider]) });
  const ask = { name: 'jpg', spec: { ...GCP_SPEC, ...spec }, access };
  const { cluster } = await bringUp(deps, ask);
  await settled(deps);
  for (const { id } of nodesOf(deps, cluster)) joinNode(deps, id, JOIN);
  return { deps, cluster, provider };
};

test('a machine costs on after its worker has ended, and until it is deleted', async (t) => {
  const gce = await startOnPaper(t);
  let state: Awaited<ReturnType<Machines['tend']>>['state'] = 'running';
  const tend = async () => ({ state, problem: 'killed', hasGuests: false });
  const { deps, cluster } = await setUp(t, gce, { nodes: 1 }, { tend });
  const priced = () => listPrices(deps.db, cluster.id).map(({ machine }) => machine > 0);
  assert.deepEqual(priced(), [false, true], 'its disk, then all of it');
  const [before] = [...gce.vms.values()].map(({ id }) => id);
  state = 'ended';
  await tendClusters(deps);
  await settled(deps);
  state = 'running';
  const [node] = nodesOf(deps, cluster);
  assert.equal(node?.state, 'provisioning', 'its worker is started again');
  assert.deepEqual(
    [...gce.vms.values()].map(({ id }) => id),
    [before],
  );
  assert.deepEqual(priced(), [false, true]);
  assert.deepEqual(
    [...gce.vms.values()].map((vm) => vm.createdAt),
    [node.createdAt],
    'and its lifetime goes on',
  );
  await takeDown(deps, cluster.id);
  assert.deepEqual(priced(), [false, true, false]);
  assert.deepEqual(gce.books.running(), []);
});

test('a cluster is resized within what the quotas leave beside it, and made smaller whatever they say', async (t) => {
  const gce = await startOnPaper(t);
  const { deps, cluster } = await setUp(t, gce, { nodes: 2 });
  for (const region of gce.zones.values()) gce.quotas.set(`${region} CPUS`, 1);
  const [zone = ''] = [...gce.vms.values()].map((vm) => vm.zone);
  gce.quotas.set(`${gce.zones.get(zone)} CPUS`, 6);
  const resizeTo = async (nodes: number): Promise<void> => {
    await resize(deps, findCluster(deps.db, cluster.id) ?? cluster, { nodes });
    await settled(deps);
  };
  await resizeTo(3);
  assert.equal(gce.vms.size, 3);
  await assert.rejects(resizeTo(4), /is 6, of which 6 are used: 2 more do not fit/);
  gce.account.disabledServices.add('compute.googleapis.com');
  await resizeTo(1);
  assert.equal(findCluster(deps.db, cluster.id)?.spec.nodes, 1);
});

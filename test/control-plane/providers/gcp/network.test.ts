import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Gce } from '../../../emulators/gce/start.ts';
import type { Cleanup } from '../../../helpers/control-plane.ts';
import { GCP_SPEC, makeGcp, startOnPaper, upGcp } from '../../../helpers/gcp.ts';

/** An account whose PATH holds a gcloud, which nobody starts here. */
const withGcloud = (t: Cleanup, gce: Gce) => {
  const made = makeGcp(t, gce);
  const program = join(made.home, 'gcloud');
  writeFileSync(program, '#!/bin/sh\n');
  chmodSync(program, 0o755);
  return makeGcp(t, gce, { path: made.home });
};

describe('the network of machines in Google Cloud', () => {
  test('is made where the caller wants that, once, with what a new one needs', async (t) => {
    const gce = await startOnPaper(t);
    gce.networks.clear();
    const gcp = makeGcp(t, gce);
    const access = { ...gcp.access, createNetwork: true };
    const { refs, refusals } = await upGcp({ ...gcp, access });
    assert.deepEqual(refusals, []);
    assert.equal(refs.length, 2);
    assert.deepEqual([...gce.networks], [['default', { autoCreateSubnetworks: true }]]);
    assert.equal(gce.calls.filter((name) => name === 'Networks.Insert').length, 1);
  });

  test('is not made by somebody who may not', async (t) => {
    const gce = await startOnPaper(t);
    gce.networks.clear();
    gce.account.missingPermissions.add('compute.networks.create');
    const { provider, access } = makeGcp(t, gce);
    const ask = { name: 'jpg', spec: GCP_SPEC, access: { ...access, createNetwork: true } };
    await assert.rejects(provider.plan(ask), /You lack compute\.networks\.create/);
  });

  test('of another project is looked for there, and has its rule there', async (t) => {
    const gce = await startOnPaper(t);
    const network = 'projects/shared-cloud/global/networks/default';
    const { refs, refusals } = await upGcp(makeGcp(t, gce), { ...GCP_SPEC, network });
    assert.deepEqual(refusals, []);
    assert.equal(refs.length, 2);
    assert.deepEqual(
      [...gce.firewalls.values()].map(({ project }) => project),
      ['shared-cloud'],
    );
  });
});

test('machines in a second network are refused while the rule of the first one stands', async (t) => {
  const gce = await startOnPaper(t);
  gce.networks.set('other', { autoCreateSubnetworks: true });
  const gcp = makeGcp(t, gce);
  await upGcp(gcp);
  const { refusals } = await upGcp(gcp, { ...GCP_SPEC, network: 'other' });
  assert.match(refusals[0] ?? '', /stands in network default, so that its machines in other would/);
});

/** Another cluster beside the first one. */
const OTHER = { clusterId: 'c2222222222', clusterName: 'png' };

describe('two clusters of one project', () => {
  test('are both let in, whatever way each of them takes', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = withGcloud(t, gce);
    const sources = () => [...gce.firewalls.values()].flatMap((rule) => rule.sourceRanges);
    const { orders, refs } = await upGcp(gcp);
    const other = await upGcp(gcp, { ...GCP_SPEC, externalIp: 'none' }, OTHER);
    assert.deepEqual(sources(), ['35.235.240.0/20', '192.0.2.7/32']);
    gce.callerAddress = '192.0.2.99';
    for (const {
      orders: [order],
      refs: [ref],
    } of [other, { orders, refs }]) {
      assert.ok(order !== undefined && ref !== undefined);
      await gcp.provider.describe(order.nodeId, ref, order);
    }
    assert.deepEqual(sources(), ['192.0.2.99/32', '35.235.240.0/20']);
  });

  test('that come up first and together are both let in', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = withGcloud(t, gce);
    const ends = await Promise.all([
      upGcp(gcp),
      upGcp(gcp, { ...GCP_SPEC, externalIp: 'none' }, OTHER),
    ]);
    assert.deepEqual(
      ends.flatMap(({ refusals }) => refusals),
      [],
    );
    const [rule] = gce.firewalls.values();
    assert.deepEqual(new Set(rule?.sourceRanges), new Set(['192.0.2.7/32', '35.235.240.0/20']));
  });

  test('are let in where the answer to the first rule is lost', async (t) => {
    const gce = await startOnPaper(t);
    gce.troubles.push({ method: /Firewalls\.Insert/, kind: 'lose', times: 1 });
    const gcp = withGcloud(t, gce);
    const { refusals } = await upGcp(gcp);
    assert.deepEqual(refusals, []);
    const [rule] = gce.firewalls.values();
    assert.deepEqual(rule?.sourceRanges, ['192.0.2.7/32']);
  });
});

/** Regions get full once px has looked at them. */
const leaveRoomForTwo = (gce: Gce, regions: readonly string[]): void => {
  gce.watch = (_, { name }) => {
    if (name !== 'RegionInstances.BulkInsert') return false;
    for (const region of regions) gce.quotas.set(`${region} INSTANCES`, 2);
    return false;
  };
};

describe('machines without an external address', () => {
  test('are all but the first with external_ip: head, and both ways in are open', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = withGcloud(t, gce);
    const { refs, refusals } = await upGcp(gcp, { ...GCP_SPEC, nodes: 3, externalIp: 'head' });
    assert.deepEqual(refusals, []);
    assert.deepEqual(
      refs.map(({ address }) => address === null),
      [false, true, true],
    );
    const [rule] = gce.firewalls.values();
    assert.deepEqual(rule?.sourceRanges, [`${gce.callerAddress}/32`, '35.235.240.0/20']);
  });

  test('stand in the region of the first, also where a region has room for one kind alone', async (t) => {
    const gce = await startOnPaper(t);
    leaveRoomForTwo(gce, ['us-central1']);
    const gcp = withGcloud(t, gce);
    const { refs, refusals } = await upGcp(gcp, { ...GCP_SPEC, nodes: 3, externalIp: 'head' });
    assert.deepEqual(refusals, []);
    assert.equal(refs.length, 3);
    const regions = [...gce.vms.values()].map(({ zone }) => gce.zones.get(zone));
    assert.deepEqual(regions, ['us-east1', 'us-east1', 'us-east1']);
    const machines = gce.books.entries.filter(({ what }) => what === 'disk');
    assert.ok(machines.length > 3, 'one kind had its machines in the first region');
  });

  test('that no region has are told with every refusal once, and none is left', async (t) => {
    const gce = await startOnPaper(t);
    leaveRoomForTwo(gce, [...gce.zones.values()]);
    const gcp = withGcloud(t, gce);
    const { refs, refusals } = await upGcp(gcp, { ...GCP_SPEC, nodes: 3, externalIp: 'head' });
    assert.equal(refs.length, 0);
    const [words = ''] = refusals;
    for (const region of new Set(gce.zones.values())) {
      assert.equal(words.split(`e2-standard-2 in ${region}: `).length, 2, words);
    }
    assert.equal(gce.vms.size, 0);
    assert.deepEqual(gce.books.running(), []);
  });

  test('are reached through tunnels alone with external_ip: none', async (t) => {
    const gce = await startOnPaper(t);
    const { provider, access } = withGcloud(t, gce);
    const { refs, orders } = await upGcp({ provider, access }, { ...GCP_SPEC, externalIp: 'none' });
    const [rule] = gce.firewalls.values();
    assert.deepEqual(rule?.sourceRanges, ['35.235.240.0/20']);
    const [order] = orders;
    const [ref] = refs;
    assert.ok(order !== undefined && ref !== undefined);
    const target = await provider.reach(order.nodeId, ref, order);
    assert.match(target?.proxyCommand ?? '', /^gcloud compute start-iap-tunnel px-jpg-\w+ 22 --li/);
  });

  test('have tunnels of the account that made them, not of whoever started px', async (t) => {
    const gce = await startOnPaper(t);
    const { home, provider, access, targets } = withGcloud(t, gce);
    const env = { ...access.env, CLOUDSDK_ACTIVE_CONFIG_NAME: 'work' };
    const gcp = { provider, access: { ...access, env } };
    const { orders, refs } = await upGcp(gcp, { ...GCP_SPEC, nodes: 1, externalIp: 'none' });
    const [order] = orders;
    const [ref] = refs;
    assert.ok(order !== undefined && ref !== undefined);
    await provider.describe(order.nodeId, ref, order);
    const named = { HOME: home, CLOUDSDK_ACTIVE_CONFIG_NAME: 'work' };
    assert.deepEqual(
      targets.map((target) => target.env),
      [named, named],
    );
    // A person's own shell has variables of its own.
    assert.equal((await provider.reach(order.nodeId, ref, order))?.env, undefined);
  });

  test('want gcloud, and the role that lets one through', async (t) => {
    const gce = await startOnPaper(t);
    const spec = { ...GCP_SPEC, externalIp: 'none' } as const;
    const bare = makeGcp(t, gce, { path: '/nowhere' });
    const none = bare.provider.plan({ name: 'jpg', spec, access: bare.access });
    await assert.rejects(none, /external_ip: none needs gcloud/);
    gce.account.missingPermissions.add('iap.tunnelInstances.accessViaIAP');
    const { provider, access } = withGcloud(t, gce);
    const closed = provider.plan({ name: 'jpg', spec, access });
    await assert.rejects(closed, /You lack iap\.tunnelInstances\.accessViaIAP/);
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bill, LastBill, OnBill } from '../../../../control-plane/providers/provider.ts';
import type { Cloud, Trouble, Vm } from '../../../emulators/gce/cloud.ts';
import { GCP_SPEC, makeGcp, startOnPaper, upGcp } from '../../../helpers/gcp.ts';

const trouble = (method: RegExp, kind: Trouble['kind'], more: Partial<Trouble> = {}): Trouble => ({
  ...{ method, kind, times: 1, ...more },
});

const vmsOf = (gce: Cloud): Vm[] => [...gce.vms.values()];
const count = (gce: Cloud, method: string): number =>
  gce.calls.filter((name) => name === method).length;

describe('machines of Google Cloud', () => {
  test('one request makes all nodes of a cluster, labelled, limited and without a secret', async (t) => {
    const gce = await startOnPaper(t);
    const { orders, refs } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 2);
    assert.equal(count(gce, 'RegionInstances.BulkInsert'), 1);
    const names = vmsOf(gce).map(({ name }) => name);
    assert.deepEqual(
      names.sort(),
      orders.map(({ nodeId }) => `px-jpg-${nodeId}`),
    );
    const [vm] = vmsOf(gce);
    assert.equal(vm?.labels['px-control-plane'], 'a1b2c3d4e5f60718');
    assert.equal(vm?.labels['px-cluster'], 'jpg');
    assert.match(vm?.labels['px-owner'] ?? '', /^[0-9a-f]{16}$/);
    assert.deepEqual(vm?.scheduling, {
      ...{ provisioningModel: 'STANDARD', automaticRestart: false },
      ...{ instanceTerminationAction: 'DELETE', maxRunDuration: { seconds: '3600' } },
    });
    assert.equal(vm?.metadata['enable-oslogin'], 'FALSE');
    assert.equal(vm?.metadata['block-project-ssh-keys'], 'TRUE');
    assert.doesNotMatch(JSON.stringify(vm?.metadata), /token/);
    const [rule] = gce.firewalls.values();
    assert.deepEqual(rule?.sourceRanges, ['192.0.2.7/32']);
  });

  test('a zone that is sold out is left for the next one, and a region for the next type', async (t) => {
    const gce = await startOnPaper(t);
    gce.soldOut.add('us-central1-a *');
    for (const zone of gce.zones.keys()) gce.soldOut.add(`${zone} e2-standard-2`);
    const { refs } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 2);
    for (const vm of vmsOf(gce)) {
      assert.deepEqual([vm.zone, vm.machineType], ['us-central1-b', 'n2-standard-2']);
    }
    // Three regions have the first type; the fourth request is for the second.
    assert.equal(count(gce, 'RegionInstances.BulkInsert'), 4);
  });

  test('an offer that makes the cluster dearer than was agreed to is left out, and named', async (t) => {
    const gce = await startOnPaper(t);
    for (const zone of gce.zones.keys()) gce.soldOut.add(`${zone} e2-standard-2`);
    const gcp = makeGcp(t, gce);
    const agreedTo = (usdPerHour: number) => ({ agreed: { usdPerHour, others: () => 1 } });
    const { refs, refusals } = await upGcp(gcp, GCP_SPEC, agreedTo(1.2));
    assert.equal(refs.length, 0);
    const [words = ''] = refusals;
    assert.match(words, /e2-standard-2 in us-central1: .*enough resources available/);
    assert.match(
      words,
      /n2-standard-2 in us-central1: it would cost \$1\.22 an hour, .* above \$1\.20/,
    );
    assert.ok(vmsOf(gce).length === 0 && count(gce, 'RegionInstances.BulkInsert') === 3);
    const agreed = await upGcp(gcp, GCP_SPEC, agreedTo(1.3));
    assert.equal(agreed.refs.length, 2);
  });

  test("where no offer is to be had, every refusal is told in the cloud's words and nothing is left", async (t) => {
    const gce = await startOnPaper(t);
    for (const zone of gce.zones.keys()) gce.soldOut.add(`${zone} *`);
    const { refs, refusals } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 0);
    assert.match(refusals[0] ?? '', /No offer is to be had/);
    assert.match(refusals[0] ?? '', /e2-standard-2 in us-central1: .*enough resources available/);
    assert.match(refusals[0] ?? '', /n2-standard-2 in europe-west1: /);
    assert.deepEqual(gce.books.running(), []);
  });

  test('a create whose answer is lost makes no second set', async (t) => {
    const gce = await startOnPaper(t);
    gce.troubles.push(trouble(/BulkInsert/, 'lose'));
    const { refs } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 2);
    assert.equal(gce.vms.size, 2);
    assert.equal(count(gce, 'RegionInstances.BulkInsert'), 2);
  });

  test('an operation that never ends does not hold machines that run', async (t) => {
    const gce = await startOnPaper(t);
    gce.troubles.push(trouble(/BulkInsert/, 'hang'));
    const { refs } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 2);
  });

  test('429 and 500 are asked again, 403 is told at once', async (t) => {
    const gce = await startOnPaper(t);
    gce.troubles.push(trouble(/BulkInsert/, 'refuse', { status: 429 }));
    gce.troubles.push(trouble(/BulkInsert/, 'refuse', { status: 500 }));
    const first = await upGcp(makeGcp(t, gce));
    assert.equal(first.refs.length, 2);
    const message = "Required 'compute.instances.create' permission";
    gce.troubles.push(trouble(/BulkInsert/, 'refuse', { status: 403, message }));
    const other = await upGcp(makeGcp(t, gce, { controlPlane: 'ffff000011112222' }));
    assert.match(other.refusals[0] ?? '', /compute\.instances\.create/);
    assert.equal(gce.vms.size, 2);
  });

  test('calls that the quota of a minute refuses go through in the next one', async (t) => {
    const gce = await startOnPaper(t);
    const words = { status: 403, reason: 'rateLimitExceeded', message: 'Rate Limit Exceeded' };
    const kind = trouble(/BulkInsert/, 'refuse', words);
    gce.troubles.push({ ...kind, times: 7 });
    const { refs } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 2);
    assert.ok(gce.troubles.every(({ times }) => times === 0));
  });

  test('a zone that the cloud does not reach is unknown, and nothing is asked for twice', async (t) => {
    const gce = await startOnPaper(t);
    gce.unreachable.add('us-east1-b');
    const { refs, refusals } = await upGcp(makeGcp(t, gce));
    assert.equal(refs.length, 0);
    assert.match(refusals[0] ?? '', /what stands in us-east1-b/);
    assert.equal(count(gce, 'RegionInstances.BulkInsert'), 0);
  });

  test('a first order asks nobody what stands elsewhere, and a zone in which nothing was ordered is let be', async (t) => {
    const gce = await startOnPaper(t);
    gce.unreachable.add('us-east1-b');
    const gcp = makeGcp(t, gce);
    const { orders, refs } = await upGcp(gcp, GCP_SPEC, { isFirst: true });
    assert.equal(refs.length, 2);
    for (const order of orders) await gcp.provider.destroy(order.nodeId, null, order);
    assert.equal(gce.vms.size, 0);
    const [order] = orders;
    assert.ok(order !== undefined);
    const again = gcp.provider.destroy(order.nodeId, null, order);
    await assert.rejects(
      again,
      /Nobody can say whether .* stands in us-east1-b: the cloud does not/,
    );
    const { places, ...rest } = Object(order.plan);
    const central = places.filter(({ region }: { region: string }) => region === 'us-central1');
    await gcp.provider.destroy(order.nodeId, null, {
      ...order,
      plan: { ...rest, places: central },
    });
  });

  test('the same orders again find the machines that are there', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const first = await upGcp(gcp);
    const again = await upGcp(gcp);
    assert.deepEqual(
      again.refs.map(({ id }) => id),
      first.refs.map(({ id }) => id),
    );
    assert.equal(gce.vms.size, 2);
  });

  test('spot machines are deleted when they are taken back, and said to be gone', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce, { spot: true });
    const { orders, refs } = await upGcp(gcp);
    const [vm] = vmsOf(gce);
    assert.equal(vm?.scheduling.provisioningModel, 'SPOT');
    assert.equal(vm?.scheduling.instanceTerminationAction, 'DELETE');
    const [order] = orders;
    assert.ok(vm !== undefined && order !== undefined);
    const ref = refs.find(({ name }) => name === vm.name) ?? {};
    gce.vms.delete(`${vm.zone}/${vm.name}`);
    const { state, problem } = await gcp.provider.describe(order.nodeId, ref, order);
    assert.equal(state, 'gone');
    assert.match(problem ?? '', /deleted .* Spot machines may be taken back/);
  });
});

describe('a machine of Google Cloud that is not reached', () => {
  test('is let in again where this machine has got another address', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const { orders, refs } = await upGcp(gcp);
    const [order] = orders;
    assert.ok(order !== undefined);
    gce.callerAddress = '192.0.2.99';
    const described = await gcp.provider.describe(order.nodeId, refs[0] ?? {}, order);
    assert.equal(described.state, 'running');
    const [rule] = gce.firewalls.values();
    assert.deepEqual(rule?.sourceRanges, ['192.0.2.99/32']);
  });
});

describe('what machines of Google Cloud cost', () => {
  test('is told as they are ordered and as they go, by the clock of the cloud', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const told: (Bill | LastBill)[] = [];
    const onBill: OnBill = (bill) => void told.push(bill);
    const { orders } = await upGcp(gcp, { ...GCP_SPEC, nodes: 1 }, { onBill });
    const [vm] = vmsOf(gce);
    assert.ok(vm !== undefined && told.length > 0);
    const { createdAt, startedAt } = vm;
    assert.ok(told.every((bill) => bill.createdAt === createdAt && !('endedAt' in bill)));
    assert.equal(told.at(-1)?.startedAt, startedAt);
    const [order] = orders;
    assert.ok(order !== undefined);
    told.splice(0);
    await gcp.provider.destroy(order.nodeId, null, order, onBill);
    const [first, last, ...others] = told.splice(0);
    assert.deepEqual(others, []);
    assert.deepEqual(last, {
      ...first,
      endedAt: last !== undefined && 'endedAt' in last ? last.endedAt : 0,
    });
    const ended = gce.books.entries.find(({ what }) => what === 'machine')?.to ?? 0;
    assert.deepEqual([first?.createdAt, first?.startedAt], [createdAt, startedAt]);
    assert.ok(last !== undefined && 'endedAt' in last && last.endedAt >= ended);
    await gcp.provider.destroy(order.nodeId, null, order, onBill);
    assert.deepEqual(told, []);
  });
});

describe('machines of Google Cloud that go', () => {
  test('down deletes them, tries a failed delete again, and takes the firewall rule with the last', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const { orders, refs } = await upGcp(gcp);
    gce.troubles.push(trouble(/Instances\.Delete/, 'fail'));
    for (const [index, order] of orders.entries()) {
      assert.equal(gce.firewalls.size, 1);
      await gcp.provider.destroy(order.nodeId, refs[index] ?? null, order);
    }
    assert.deepEqual([gce.vms.size, gce.firewalls.size], [0, 0]);
    assert.deepEqual(gce.books.running(), []);
    assert.equal(count(gce, 'Instances.Delete'), 3);
  });

  test('only what carries its own label and its own name is deleted', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const { orders } = await upGcp(gcp);
    const [vm] = vmsOf(gce);
    assert.ok(vm !== undefined);
    // A machine of somebody who copied the labels, and one of the same name of another control plane.
    const forged = { ...vm, id: '1', name: 'forged', host: null };
    const other = { ...vm, id: '2', zone: 'us-east1-b', labels: { 'px-control-plane': 'other' } };
    gce.vms.set(`${forged.zone}/forged`, forged).set(`us-east1-b/${vm.name}`, other);
    for (const order of orders) await gcp.provider.destroy(order.nodeId, null, order);
    assert.deepEqual(
      vmsOf(gce)
        .map(({ id }) => id)
        .sort(),
      ['1', '2'],
    );
    assert.equal(gce.firewalls.size, 1, 'the rule stays as long as something carries the label');
  });

  test('a machine that ends at its deadline is gone without px', async (t) => {
    const gce = await startOnPaper(t);
    const gcp = makeGcp(t, gce);
    const { orders, refs } = await upGcp(gcp, { ...GCP_SPEC, maxLifetimeMs: 30_000 });
    const [vm] = vmsOf(gce);
    assert.deepEqual(vm?.scheduling.maxRunDuration, { seconds: '30' });
    assert.equal(refs.length, orders.length);
  });
});

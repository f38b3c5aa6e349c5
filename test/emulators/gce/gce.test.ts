import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../helpers/processes.ts';
import { preempt } from './lifecycle.ts';
import { messageProblems } from './spec.ts';
import { type Gce, startGce } from './start.ts';

const asker =
  (gce: Gce) =>
  async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: object }> => {
    const answer = await fetch(`${gce.url}/compute/v1/projects/${gce.project}/${path}`, {
      method,
      headers: { authorization: 'Bearer emulator-token' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as object };
  };

const order = (names: readonly string[], properties: object = {}) => ({
  count: String(names.length),
  perInstanceProperties: Object.fromEntries(names.map((name) => [name, {}])),
  instanceProperties: {
    machineType: 'e2-standard-2',
    disks: [{ boot: true, initializeParams: { sourceImage: 'image', diskSizeGb: '50' } }],
    networkInterfaces: [{ accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }],
    ...properties,
  },
});

const INSERT = 'regions/us-central1/instances/bulkInsert';

describe('the emulated Google Cloud', () => {
  test('what the vendor does not describe is a problem', () => {
    const scheduling = { provisioningModel: 'CHEAP', maxRunDuration: { seconds: 30 } };
    assert.deepEqual(messageProblems('InstanceProperties', { scheduling, colour: 'red' }, 'it'), [
      'it.scheduling.provisioningModel: `CHEAP` is no ProvisioningModel of Scheduling',
      'it.scheduling.maxRunDuration.seconds: expected int64, got 30',
      'it.colour: InstanceProperties has no such field',
    ]);
  });

  test('a request with an unknown field or method is noted', async (t) => {
    const gce = await startGce(t);
    const ask = asker(gce);
    await ask('POST', INSERT, { ...order(['a']), nodes: 3 });
    assert.match(gce.problems[0] ?? '', /nodes: BulkInsertInstanceResource has no such field/);
    await ask('GET', 'zones/us-central1-a/wonders');
    assert.match(gce.problems[1] ?? '', /no such method is described/);
    assert.equal((await ask('POST', 'zones/us-central1-a/instances/a/reset')).status, 501);
  });

  test('the same requestId again makes nothing and finds the operation', async (t) => {
    const gce = await startGce(t);
    const ask = asker(gce);
    const first = await ask('POST', `${INSERT}?requestId=one`, order(['a', 'b']));
    const again = await ask('POST', `${INSERT}?requestId=one`, order(['a', 'b']));
    assert.deepEqual(Reflect.get(again.body, 'name'), Reflect.get(first.body, 'name'));
    assert.equal(gce.vms.size, 2);
  });

  test('a family that knows Hyperdisk only refuses other disks', async (t) => {
    const gce = await startGce(t);
    const { status, body } = await asker(gce)(
      'POST',
      INSERT,
      order(['a'], {
        machineType: 'n4-standard-4',
        disks: [{ boot: true, initializeParams: { sourceImage: 'i', diskType: 'pd-balanced' } }],
      }),
    );
    assert.equal(status, 400);
    assert.match(JSON.stringify(body), /\[pd-balanced\] features are not compatible/);
  });

  test('a machine costs from RUNNING on, its disk from the order on, and both until it is gone', async (t) => {
    const gce = await startGce(t);
    const ask = asker(gce);
    await ask('POST', INSERT, order(['a']));
    assert.deepEqual(
      gce.books.running().map(({ what }) => what),
      ['disk'],
    );
    await until('it runs', () => gce.books.running().length === 3);
    const [vm] = gce.vms.values();
    await ask('DELETE', `zones/${vm?.zone}/instances/a`);
    await until('it is gone', () => gce.vms.size === 0);
    assert.deepEqual(gce.books.running(), []);
    // One minute at least.
    assert.ok(gce.books.total(Date.now()) > 0.067 / 60);
  });

  test('a spot machine without DELETE is only stopped when it is taken back: its disk costs on', async (t) => {
    const gce = await startGce(t);
    const scheduling = { provisioningModel: 'SPOT' };
    await asker(gce)('POST', INSERT, order(['a'], { scheduling }));
    await until('it runs', () => gce.books.running().length === 3);
    const [vm] = gce.vms.values();
    assert.ok(vm !== undefined);
    await preempt(gce, vm);
    assert.equal(vm.status, 'TERMINATED');
    assert.deepEqual(
      gce.books.running().map(({ what }) => what),
      ['disk'],
    );
  });
});

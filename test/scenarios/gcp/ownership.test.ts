// What is not px's own: another control plane's machines, forged labels, a copied PX_HOME.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Vm } from '../../emulators/gce/cloud.ts';
import type { Gce } from '../../emulators/gce/start.ts';
import { signal, sleep, until } from '../../helpers/processes.ts';
import type { Px } from '../../helpers/px-process.ts';
import { assertNothingLeft, connectGcp, startPaperGce } from '../support/gcp.ts';

const SPEC = {
  ...{ provider: 'gcp' as const, nodes: 1, cpusPerNode: 2 },
  ...{ idleTimeoutMs: 900_000, maxLifetimeMs: 86_400_000 },
};

const namesOf = (gce: Gce): string[] => [...gce.vms.values()].map(({ name }) => name).sort();

/** Has a cluster with one machine that nobody waits for; answers with the machine. */
const bringUp = async (px: Px, gce: Gce): Promise<Vm> => {
  const before = namesOf(gce);
  await px.ok(['cluster', 'ls']);
  const json = { name: 'jpg', spec: SPEC, access: { env: { ...px.env } } };
  await px.api().call('clusterUp', { json });
  return until('its machine runs', () =>
    [...gce.vms.values()].find(
      ({ name, status }) => !before.includes(name) && status === 'RUNNING',
    ),
  );
};

const down = (px: Px) => px.ok(['cluster', 'down', 'jpg', '--force']);

/** Two control planes with a cluster of the same name in one project, and a machine with the labels of the first. */
const setUp = async (t: TestContext) => {
  const gce = await startPaperGce(t);
  const [one, two] = [await connectGcp(t, gce), await connectGcp(t, gce)];
  const own = await bringUp(one, gce);
  const other = await bringUp(two, gce);
  const forged: Vm = { ...own, id: '1', name: 'px-jpg-n0000000000', timers: new Set() };
  gce.vms.set(`${forged.zone}/${forged.name}`, forged);
  return { gce, one, two, own, other, forged };
};

describe('in one project', () => {
  test('two control planes and a machine with forged labels: nobody touches what is not theirs', async (t) => {
    const { gce, one, two, own, other, forged } = await setUp(t);
    signal(one.server().pid, 'SIGKILL');
    await one.ok(['cluster', 'ls']);
    await down(one);
    assert.deepEqual(namesOf(gce), [forged.name, other.name].sort());
    assert.equal(gce.firewalls.size, 2, 'its rule stays while something carries its label');
    await down(two);
    assert.deepEqual(namesOf(gce), [forged.name]);
    assert.deepEqual([...gce.firewalls.keys()], [`px-${own.labels['px-control-plane']}`]);
    assert.deepEqual(gce.books.running(), []);
    assert.deepEqual(gce.problems, []);
  });

  test('what no cluster knows is listed, and deleted by a person alone', async (t) => {
    const { gce, one, two, own, other, forged } = await setUp(t);
    const listed = await one.ok(['cluster', 'ls', '--all', '--json']);
    const { clusters, strays } = JSON.parse(listed.stdout.toString());
    assert.equal(clusters.length, 1);
    const seen = strays.map(({ name, isOwn }: { name: string; isOwn: boolean }) => [name, isOwn]);
    assert.deepEqual(
      seen.sort(),
      [
        [forged.name, true],
        [other.name, false],
      ].sort(),
    );
    const shown = (await one.ok(['cluster', 'ls', '--all'])).stdout.toString();
    assert.match(
      shown,
      new RegExp(`${forged.name}\\tRUNNING\\te2-standard-2\\t.*\\tjpg\\tthis px`),
    );
    assert.doesNotMatch(shown, new RegExp(own.name));

    const delete_ = ['cluster', 'down', forged.name, '--stray'];
    const refused = await one.run(delete_);
    assert.equal(refused.status, 125);
    assert.match(refused.stderr, /Nobody agreed to delete px-jpg-n0000000000 .*\n.* --stray --yes/);
    const unknown = await one.run(['cluster', 'down', own.name, '--stray', '--yes']);
    assert.match(unknown.stderr, /There is no stray/);
    assert.equal(gce.vms.size, 3);
    await one.ok([...delete_, '--yes']);
    assert.deepEqual(namesOf(gce), [own.name, other.name].sort());
    // A control plane that is gone for good leaves its machine and its rule to whoever finds them.
    const left = await two.run(['server', 'stop']);
    assert.equal(left.status, 125);
    assert.match(
      left.stderr,
      /Cluster jpg goes on without a control plane.*\n.*px cluster down jpg\. /,
    );
    await two.ok(['server', 'stop', '--keep-clusters']);
    await one.ok(['cluster', 'down', other.name, '--stray', '--force']);
    await down(one);
    assertNothingLeft(gce);
  });

  test('a copied PX_HOME touches none of the clusters that it knows of', async (t) => {
    const gce = await startPaperGce(t);
    const px = await connectGcp(t, gce);
    const own = await bringUp(px, gce);
    const home = join(px.folder, 'copy');
    cpSync(px.home, home, { recursive: true });
    const env = { PX_HOME: home };
    const listed = await px.ok(['cluster', 'ls'], { env });
    assert.match(listed.stdout.toString(), /^jpg\tcoming up\t/m);
    for (const words of [
      ['down', 'jpg', '--force'],
      ['resize', 'jpg', '--nodes', '2'],
    ]) {
      const refused = await px.run(['cluster', ...words], { env });
      assert.equal(refused.status, 125);
      assert.match(refused.stderr, /is a copy of another one.*\n.*rm .*copy\/place/);
    }
    // Two looks of its loops.
    await sleep(2500);
    assert.deepEqual(namesOf(gce), [own.name]);
    await px.ok(['server', 'stop'], { env });
    await down(px);
    assertNothingLeft(gce);
  });
});

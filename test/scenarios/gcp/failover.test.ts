// What an emulated Google Cloud does not have at once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../helpers/processes.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';

describe('an offer that is sold out', () => {
  test('spot: prefer falls back to on demand and says so; a machine that was switched off is made anew', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    px.write('px.yaml', 'cluster: {name: jpg, provider: gcp, spot: prefer}\n');
    gce.spotIsSoldOut = true;
    const up = await px.ok(['cluster', 'up']);
    assert.match(up.stderr, /Chose \[gcp\]: 1 node .*; e2-standard-2 \(spot\) in us-central1/);
    assert.match(
      up.stderr,
      /What was chosen is sold out\. Got e2-standard-2 in us-central1-a on demand, /,
    );
    assert.match(up.stderr, /an hour each\.\n<px> Costs \$0\.\d+ an hour, \$0\.\d+ a minute\.\n/);
    const [first] = gce.vms.values();
    // Somebody with root there, or a crash of its kernel: off, and its disk costs on.
    const off = ['cluster', 'ssh', 'jpg', '0', '--', 'sudo', '-n', '/usr/local/sbin/poweroff'];
    await px.run(off);
    await until(
      'another machine has its place',
      () =>
        [...gce.vms.values()].some(({ id, status }) => id !== first?.id && status === 'RUNNING'),
      90_000,
    );
    assert.equal(gce.vms.size, 1);
    const ran = await px.ok(['run', 'echo again', '--cluster', 'jpg'], { timeoutMs: 120_000 });
    assert.equal(ran.stdout.toString(), 'again\n');
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
  });
});

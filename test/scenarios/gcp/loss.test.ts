// Machines of an emulated Google Cloud that are taken back or vanish while they work.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { preempt } from '../../emulators/gce/lifecycle.ts';
import { until } from '../../helpers/processes.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';
import { partlyDone } from '../support/watch.ts';

describe('a spot machine', () => {
  test('that is taken back in the middle of a job is replaced, and no line is lost', {
    skip,
  }, async (t) => {
    const { px, gce } = await useGcp(t);
    gce.delays.preemptionMs = 3_000;
    const words = ['--provider', 'gcp', '--nodes', '2', '--spot'];
    await px.ok(['cluster', 'up', 'jpg', ...words]);
    const lines = Array.from({ length: 40 }, (_, index) => `line-${index}`);
    px.write('lines.txt', `${lines.join('\n')}\n`);
    const job = ['run', 'sleep 0.5; echo {}', '--args-file', 'lines.txt', '-n', '1'];
    const running = px.start([...job, '--cluster', 'jpg']);
    await partlyDone(px, 8);
    const [taken] = gce.vms.values();
    assert.ok(taken !== undefined);
    await preempt(gce, taken);
    const ended = await running.ended(200_000);
    assert.equal(ended.status, 0, ended.stderr);
    assert.deepEqual(ended.stdout.toString().trim().split('\n').sort(), lines.sort());
    await until('another machine has its place', () => gce.vms.size === 2, 60_000);
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
  });
});

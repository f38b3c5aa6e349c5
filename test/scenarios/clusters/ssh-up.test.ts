import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canMakeHosts, knowHosts, makeHosts } from '../../helpers/hosts.ts';
import { until } from '../../helpers/processes.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { usePx } from '../support/network.ts';

const skip = !canMakeHosts;

test('two hosts without Node come up, run a job, and are left as they were', {
  skip,
}, async (t) => {
  const world = await makeHosts(t, { count: 2, hasNode: false });
  knowHosts(world);
  const [one, two] = world.hosts;
  assert.ok(one !== undefined && two !== undefined);
  const px = usePx(t, { env: { HOME: world.home } });
  const places = `root@${one.address},deploy@${two.address}:22`;
  const up = await px.ok(['cluster', 'up', 'demo', '--hosts', places, '-v']);
  assert.match(up.stderr, /Cluster up \[2 nodes x \d+ cores? = \d+ cores?\]/);
  const again = await px.ok(['cluster', 'up', 'demo', '--hosts', places]);
  assert.match(again.stderr, /Cluster up/);

  const who = await px.ok([
    'cluster',
    'exec',
    'demo',
    '--',
    'sh',
    '-c',
    'id -un; umask; python -V',
  ]);
  assert.match(who.stdout.toString(), /\[demo-0\] root\n/);
  assert.match(who.stdout.toString(), /\[demo-1\] deploy\n/);
  assert.match(who.stdout.toString(), /\b0022\n/);
  assert.match(who.stdout.toString(), /Python 3/);

  const echo = await startEcho(px, { args: ['--cluster', 'demo'] }).ended();
  assert.equal(echo.status, 0, echo.stderr);
  assertOnce(echo.stdout);

  await px.ok(['cluster', 'resize', 'demo', '--nodes', '1']);
  assert.deepEqual(two.files(), []);
  await px.ok(['cluster', 'resize', 'demo', '--nodes', '2']);
  const shell = await px.ok(['cluster', 'ssh', 'demo', '1', '--', 'id', '-un']);
  assert.equal(shell.stdout.toString(), 'deploy\n');

  const down = await px.ok(['cluster', 'down', 'demo']);
  assert.match(down.stderr, /Left: nothing/);
  for (const host of world.hosts) {
    await until('no process is left', () => host.processes().length === 0, 5000).catch(() =>
      assert.deepEqual(host.processes(), []),
    );
    assert.deepEqual(host.files(), []);
  }
});

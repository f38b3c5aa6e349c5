import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

  const script =
    'id -u; umask; python -V; touch here "$HOME/there" && rm "$HOME/there"; cat ../../../server.json';
  const who = await px.run(['cluster', 'exec', 'demo', '--', 'sh', '-c', script]);
  const said = who.stdout.toString();
  assert.match(
    said,
    /\[demo-0\] 6[1-5]\d{3}\n/,
    'jobs of a worker that is root have a user of their own',
  );
  assert.match(said, /\[demo-1\] 4242\n/);
  assert.match(who.stderr, /\[demo-0\] cat: .*server\.json: Permission denied/);
  assert.doesNotMatch(who.stderr, /touch|demo-1\] cat/);
  assert.match(said, /\b0022\n/);
  assert.match(said, /Python 3/);

  px.write('tool.sh', 'cat made/by-setup >"out-$PX_PARTITION.txt" && echo more >>made/by-setup\n');
  px.write('px.yaml', 'setup: mkdir made && id -u >made/by-setup\ncollect: ["out-*.txt"]\n');
  const words = ['run', 'sh tool.sh', '-p', '2', '--cluster', 'demo'];
  const collected = await px.ok(words, { timeoutMs: 60_000 });
  assert.equal(collected.status, 0);
  const files = [0, 1].map((at) => readFileSync(join(px.project, `out-${at}.txt`), 'utf8'));
  for (const file of files) assert.match(file, /^(0|4242)\n/);

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

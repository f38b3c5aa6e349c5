import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { canMakeHosts, knowHosts, makeHosts } from '../../helpers/hosts.ts';
import { signal, sleep, until } from '../../helpers/processes.ts';
import type { Px } from '../../helpers/px-process.ts';
import { assertOnce, laterAttempts, startEcho } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { partlyDone } from '../support/watch.ts';

const skip = !canMakeHosts;

/** Three seconds of silence instead of ninety. */
const SHORT = { tunnelLossMs: 3000 };
/** Fewer than on one machine: each test starts two hosts. */
const LINES = 40_000;

const setUp = async (t: TestContext, settings: Record<string, unknown> = {}) => {
  const world = await makeHosts(t, { count: 2 });
  knowHosts(world);
  const px = usePx(t, { env: { HOME: world.home }, settings });
  const [one, two] = world.hosts;
  assert.ok(one !== undefined && two !== undefined);
  const hosts = `root@${one.address},deploy@${two.address}`;
  await px.ok(['cluster', 'up', 'demo', '--hosts', hosts]);
  const args = ['--cluster', 'demo'];
  const running = startEcho(px, { before: 'sleep 0.05', args, lines: LINES });
  await partlyDone(px, 20);
  return { px, one, two, running };
};

const stateOf = async (px: Px, name: string): Promise<string | undefined> => {
  const { nodes } = await px.api().call('cluster', { params: { name: 'demo' } });
  return nodes.find((node) => node.name === name)?.state;
};

test('a tunnel that is cut in the middle of a run loses its leases and comes back', {
  skip,
}, async (t) => {
  const { px, two, running } = await setUp(t, SHORT);
  two.cut();
  await until('the node is lost', async () => (await stateOf(px, 'demo-1')) === 'lost');
  two.heal();
  await until('the node is back', async () => (await stateOf(px, 'demo-1')) === 'ready');
  const ended = await running.ended();
  assert.equal(ended.status, 0, ended.stderr);
  assertOnce(ended.stdout, LINES);
  assert.ok(laterAttempts(ended.stdout) > 0, 'the cut struck');
  await px.ok(['cluster', 'down', 'demo']);
  assert.deepEqual(two.files(), []);
});

test('a host that vanishes in the middle of a run costs its leases only', { skip }, async (t) => {
  const { px, one, two, running } = await setUp(t, SHORT);
  two.vanish();
  const ended = await running.ended();
  assert.equal(ended.status, 0, ended.stderr);
  assertOnce(ended.stdout, LINES);
  assert.ok(laterAttempts(ended.stdout) > 0, 'the loss struck');
  const refused = await px.run(['cluster', 'down', 'demo']);
  assert.equal(refused.status, 125);
  assert.match(refused.stderr, new RegExp(`deploy@${two.address}: `));
  const forced = await px.run(['cluster', 'down', 'demo', '--force']);
  assert.equal(forced.status, 1);
  assert.match(forced.stderr, /Left: node demo-1, given up \(deploy@/);
  assert.deepEqual(one.files(), []);
});

test('a control plane that is killed finds its hosts again, and no attempt is lost', {
  skip,
}, async (t) => {
  const { px, one, two, running } = await setUp(t);
  signal(px.server().pid, 'SIGKILL');
  await sleep(500);
  const ended = await running.ended();
  assert.equal(ended.status, 0, ended.stderr);
  assertOnce(ended.stdout, LINES);
  assert.equal(laterAttempts(ended.stdout), 0);
  await px.ok(['cluster', 'down', 'demo']);
  for (const host of [one, two]) assert.deepEqual(host.files(), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canMakeHosts } from '../../helpers/hosts.ts';
import { signal, sleep, until } from '../../helpers/processes.ts';
import type { Px } from '../../helpers/px-process.ts';
import { assertNothingLost, endWhole, runOnTwoHosts } from '../support/two-hosts.ts';

const skip = !canMakeHosts;

const RUN = { before: 'sleep 0.05' };
/** Three seconds of silence instead of ninety. */
const SHORT = { ...RUN, settings: { tunnelLossMs: 3000 } };

const stateOf = async (px: Px, name: string): Promise<string | undefined> => {
  const { nodes } = await px.api().call('cluster', { params: { name: 'demo' } });
  return nodes.find((node) => node.name === name)?.state;
};

test('a tunnel that is cut in the middle of a run loses its leases and comes back', {
  skip,
}, async (t) => {
  const { px, two, running } = await runOnTwoHosts(t, SHORT);
  two.cut();
  await until('the node is lost', async () => (await stateOf(px, 'demo-1')) === 'lost');
  two.heal();
  await until('the node is back', async () => (await stateOf(px, 'demo-1')) === 'ready');
  assert.ok((await endWhole({ running })) > 0, 'the cut struck');
  await px.ok(['cluster', 'down', 'demo']);
  assert.deepEqual(two.files(), []);
});

test('a host that vanishes in the middle of a run costs its leases only', { skip }, async (t) => {
  const { px, one, two, running } = await runOnTwoHosts(t, SHORT);
  two.vanish();
  assert.ok((await endWhole({ running })) > 0, 'the loss struck');
  const refused = await px.run(['cluster', 'down', 'demo']);
  assert.equal(refused.status, 125);
  assert.match(refused.stderr, new RegExp(`deploy@${two.address}: `));
  const forced = await px.run(['cluster', 'down', 'demo', '--force']);
  assert.equal(forced.status, 125);
  assert.match(forced.stderr, /Left: node demo-1, given up \(deploy@/);
  assert.deepEqual(one.files(), []);
});

test('a control plane that is killed finds its hosts again, and no attempt is lost', {
  skip,
}, async (t) => {
  const world = await runOnTwoHosts(t, RUN);
  signal(world.px.server().pid, 'SIGKILL');
  await sleep(500);
  await assertNothingLost(world);
});

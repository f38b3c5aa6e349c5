// A laptop that loses its network or sleeps, while hosts that are reached by ssh work on.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { canMakeHosts, knowHosts, makeHosts } from '../../helpers/hosts.ts';
import { signal, sleep } from '../../helpers/processes.ts';
import { assertOnce, laterAttempts, startEcho } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { partlyDone } from '../support/watch.ts';

const skip = !canMakeHosts;
const LINES = 40_000;
const CUT_MS = 60_000;
const SLEEP_MS = 120_000;

const setUp = async (t: TestContext) => {
  const world = await makeHosts(t, { count: 2 });
  knowHosts(world);
  const px = usePx(t, { env: { HOME: world.home } });
  const [one, two] = world.hosts;
  assert.ok(one !== undefined && two !== undefined);
  await px.ok(['cluster', 'up', 'demo', '--hosts', `root@${one.address},deploy@${two.address}`]);
  const args = ['--cluster', 'demo'];
  const running = startEcho(px, { before: 'sleep 0.1', args, lines: LINES });
  await partlyDone(px, 20);
  return { px, one, two, running };
};

/** Whatever ran meanwhile counts: no partition was run again. */
const assertNothingLost = async ({ px, one, two, running }: Awaited<ReturnType<typeof setUp>>) => {
  const ended = await running.ended();
  assert.equal(ended.status, 0, ended.stderr);
  assertOnce(ended.stdout, LINES);
  assert.equal(laterAttempts(ended.stdout), 0);
  await px.ok(['cluster', 'down', 'demo']);
  for (const host of [one, two]) assert.deepEqual(host.files(), []);
};

// Together: both mostly wait.
describe('nothing is lost', { concurrency: true }, () => {
  test('where a tunnel is cut for a whole minute in the middle of a run', { skip }, async (t) => {
    const world = await setUp(t);
    world.two.cut();
    await sleep(CUT_MS);
    world.two.heal();
    await assertNothingLost(world);
  });

  test('where the control plane stands still for two minutes in the middle of a run', {
    skip,
  }, async (t) => {
    const world = await setUp(t);
    const { pid } = world.px.server();
    signal(pid, 'SIGSTOP');
    await sleep(SLEEP_MS);
    signal(pid, 'SIGCONT');
    await assertNothingLost(world);
  });
});

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { knowHosts, makeHosts } from '../../helpers/hosts.ts';
import { assertOnce, laterAttempts, startEcho } from './echo.ts';
import { usePx } from './network.ts';
import { partlyDone } from './watch.ts';

/** Fewer than on one machine: each test starts two hosts. */
const LINES = 40_000;

interface Options {
  /** What each invocation does first. */
  before: string;
  settings?: Record<string, unknown>;
}

/** A cluster of two hosts that are reached by ssh, in the middle of a run. */
export const runOnTwoHosts = async (t: TestContext, { before, settings = {} }: Options) => {
  const world = await makeHosts(t, { count: 2 });
  knowHosts(world);
  const px = usePx(t, { env: { HOME: world.home }, settings });
  const [one, two] = world.hosts;
  assert.ok(one !== undefined && two !== undefined);
  const hosts = `root@${one.address},deploy@${two.address}`;
  await px.ok(['cluster', 'up', 'demo', '--hosts', hosts]);
  const running = startEcho(px, { before, args: ['--cluster', 'demo'], lines: LINES });
  await partlyDone(px, 20);
  return { px, one, two, running };
};

type World = Awaited<ReturnType<typeof runOnTwoHosts>>;

/** Each line is there once; answers how many partitions ran again. */
export const endWhole = async ({ running }: Pick<World, 'running'>): Promise<number> => {
  const ended = await running.ended();
  assert.equal(ended.status, 0, ended.stderr);
  assertOnce(ended.stdout, LINES);
  return laterAttempts(ended.stdout);
};

/** Whatever ran meanwhile counts: no partition was run again, and nothing stays on the hosts. */
export const assertNothingLost = async ({ px, one, two, running }: World): Promise<void> => {
  assert.equal(await endWhole({ running }), 0);
  await px.ok(['cluster', 'down', 'demo']);
  for (const host of [one, two]) assert.deepEqual(host.files(), []);
};

// A laptop that loses its network or sleeps, while hosts that are reached by ssh work on.
import { describe, test } from 'node:test';
import { canMakeHosts } from '../../helpers/hosts.ts';
import { signal, sleep } from '../../helpers/processes.ts';
import { assertNothingLost, runOnTwoHosts } from '../support/two-hosts.ts';

const skip = !canMakeHosts;
const RUN = { before: 'sleep 0.1' };
const CUT_MS = 60_000;
const SLEEP_MS = 120_000;

// Together: both mostly wait.
describe('nothing is lost', { concurrency: true }, () => {
  test('where a tunnel is cut for a whole minute in the middle of a run', { skip }, async (t) => {
    const world = await runOnTwoHosts(t, RUN);
    world.two.cut();
    await sleep(CUT_MS);
    world.two.heal();
    await assertNothingLost(world);
  });

  test('where the control plane stands still for two minutes in the middle of a run', {
    skip,
  }, async (t) => {
    const world = await runOnTwoHosts(t, RUN);
    const { pid } = world.px.server();
    signal(pid, 'SIGSTOP');
    await sleep(SLEEP_MS);
    signal(pid, 'SIGCONT');
    await assertNothingLost(world);
  });
});

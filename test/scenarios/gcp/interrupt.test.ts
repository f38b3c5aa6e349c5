// Ctrl-C in `px cluster up`, wherever it is.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Gce } from '../../emulators/gce/start.ts';
import { signal, until } from '../../helpers/processes.ts';
import { assertNothingLeft, assertSameCost, connectGcp, startPaperGce } from '../support/gcp.ts';

const UP = ['cluster', 'up', 'jpg', '--provider', 'gcp', '--nodes', '2'];

/** What the cloud has seen by then. */
const MOMENTS: readonly [when: string, has: (gce: Gce, calls: readonly string[]) => boolean][] = [
  ['while it looks the account over', (_, calls) => calls.includes('Regions.Get')],
  ['as the order is taken', (_, calls) => calls.includes('RegionInstances.BulkInsert')],
  ['while the machines are ordered', (gce) => gce.vms.size > 0],
  [
    'while they boot',
    (gce, calls) => gce.vms.size === 2 && calls.includes('Instances.GetGuestAttributes'),
  ],
];

describe('Ctrl-C in cluster up', () => {
  test('takes down what was ordered before it ends, wherever it comes', async (t) => {
    const gce = await startPaperGce(t);
    Object.assign(gce.delays, { orderMs: 1500, provisionMs: 1000 });
    const px = await connectGcp(t, gce);
    for (const [when, has] of MOMENTS) {
      const from = gce.calls.length;
      const up = px.start(UP);
      await until(when, () => has(gce, gce.calls.slice(from)));
      signal(up.pid, 'SIGINT');
      const { status, stderr } = await up.ended();
      assert.equal(status, 130, `${when}: ${stderr}`);
      assert.match(stderr, /Took down what was created\. Left: nothing\.\n$/);
      // By the books of the cloud, as soon as px has ended.
      assertNothingLeft(gce);
    }
    const { stderr } = await px.ok(['cluster', 'ls']);
    assert.match(stderr, /No clusters/);
    await assertSameCost(px, gce);
  });
});

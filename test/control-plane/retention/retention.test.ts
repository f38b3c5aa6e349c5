import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseJobs } from '../../../control-plane/retention/choose.ts';
import { sweepRetention } from '../../../control-plane/retention/sweep.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { fileEntry, manifestOf, putBlobs } from '../../helpers/blobs.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { createCaller, sha256, submission } from '../../helpers/jobs.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';

type Kept = Parameters<typeof chooseJobs>[0][number];

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const kept = (id: string, endedAt: number, isUncollected = false): Kept => ({
  id,
  endedAt,
  bytes: 10,
  isUncollected,
});

describe('retention', () => {
  const limits = { now: 100, retainMs: 50, quotaBytes: 1000, storedBytes: 40 };

  test('takes jobs past their time, collected or not', () => {
    const jobs = [kept('a', 10), kept('b', 50, true), kept('c', 51), kept('d', 99)];
    assert.deepEqual(chooseJobs(jobs, limits), ['a', 'b']);
  });

  test('over the quota takes the oldest, and last what nobody has fetched', () => {
    const jobs = [kept('a', 60, true), kept('b', 70), kept('c', 80)];
    assert.deepEqual(chooseJobs(jobs, { ...limits, quotaBytes: 30 }), ['b']);
    assert.deepEqual(chooseJobs(jobs, { ...limits, quotaBytes: 15 }), ['b', 'c', 'a']);
  });

  test('counts what goes for its age before it takes more', () => {
    const jobs = [kept('a', 10), kept('b', 70)];
    assert.deepEqual(chooseJobs(jobs, { ...limits, quotaBytes: 30 }), ['a']);
  });

  test('deletes old jobs and then the blobs that no job needs', async (t) => {
    const clock = createManualClock();
    const deps = createTestDeps(t, { clock });
    const { client } = createCaller(deps);
    const [shared, mine, loose] = [utf8('shared'), utf8('mine'), utf8('loose')];
    const old = manifestOf(fileEntry('shared', shared), fileEntry('mine', mine));
    const young = manifestOf(fileEntry('shared', shared));
    await putBlobs(client, shared, mine, loose, old, young);
    const present = async () => {
      const there = await Promise.all(
        Object.entries({ shared, mine, loose, old, young }).map(async ([name, bytes]) =>
          (await deps.blobs.has(sha256(bytes))) ? [name] : [],
        ),
      );
      return there.flat();
    };
    const submit = async (bundle: Uint8Array) =>
      (await client.call('jobSubmit', { json: submission({ bundle: sha256(bundle) }) })).id;
    const oldJob = await submit(old);
    await client.call('jobCancel', { params: { id: oldJob } });
    await sweepRetention(deps, clock.now());
    assert.deepEqual(await present(), ['shared', 'mine', 'loose', 'old', 'young']);
    clock.advance(2 * HOUR_MS);
    const youngJob = await submit(young);
    await sweepRetention(deps, clock.now());
    assert.deepEqual(await present(), ['shared', 'mine', 'old', 'young']);
    clock.advance(31 * DAY_MS);
    await sweepRetention(deps, clock.now());
    clock.advance(2 * HOUR_MS);
    await sweepRetention(deps, clock.now());
    assert.deepEqual(await present(), ['shared', 'young']);
    const { items } = await client.call('jobs');
    assert.deepEqual(
      items.map(({ id }) => id),
      [youngJob],
    );
    const again = client.call('jobSubmit', { json: submission({ bundle: sha256(old) }) });
    await assert.rejects(again, { code: 'blob_missing' });
  });
});

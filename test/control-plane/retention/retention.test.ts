import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseJobs } from '../../../control-plane/retention/choose.ts';
import { sweepRetention } from '../../../control-plane/retention/sweep.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { fileEntry, manifestOf, putBlobs } from '../../helpers/blobs.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
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

  /** A project of one file that nobody used for two hours, among others that may go. */
  const staleProject = async (t: Cleanup) => {
    const clock = createManualClock();
    const deps = createTestDeps(t, { clock });
    const { client } = createCaller(deps);
    const file = utf8('file');
    const bundle = manifestOf(fileEntry('file', file));
    const empty = manifestOf();
    await putBlobs(client, file, bundle, empty, utf8('loose'));
    const { read, remove } = deps.blobs;
    /** Runs once, at the next call. */
    const onRead = (work: () => Promise<void>) => {
      deps.blobs.read = async (sha256) => {
        const bytes = await read(sha256);
        deps.blobs.read = read;
        await work();
        return bytes;
      };
    };
    const onRemove = (work: () => Promise<void>) => {
      deps.blobs.remove = async (sha256, isUnused) => {
        deps.blobs.remove = remove;
        await work();
        await remove(sha256, isUnused);
      };
    };
    const submit = async (which: Uint8Array) =>
      await client.call('jobSubmit', { json: submission({ bundle: sha256(which) }) });
    const all = [file, bundle].map(sha256);
    const isWhole = async () =>
      (await Promise.all(all.map((hash) => deps.blobs.has(hash)))).every((has) => has);
    return { clock, deps, submit, onRead, onRemove, bundle, empty, isWhole };
  };

  test('a job that comes while blobs are removed keeps what it was told is there', async (t) => {
    const { clock, deps, submit, onRead, onRemove, bundle, isWhole } = await staleProject(t);
    const submitted = Promise.withResolvers<unknown>();
    let sweeping: Promise<void> = Promise.resolve();
    // The machine sleeps while the manifest is read; then the sweep is quicker, up to its first removal.
    onRead(async () => {
      clock.advance(2 * HOUR_MS);
      const removing = Promise.withResolvers<void>();
      onRemove(async () => {
        removing.resolve();
        await submitted.promise;
      });
      sweeping = sweepRetention(deps, clock.now());
      await removing.promise;
    });
    submitted.resolve(await submit(bundle));
    await sweeping;
    assert.equal(await isWhole(), true);
    clock.advance(2 * HOUR_MS);
    await sweepRetention(deps, clock.now());
    assert.equal(await isWhole(), true);
  });

  for (const which of ['bundle', 'empty'] as const) {
    test(`a job whose ${which} was removed while it came is told so`, async (t) => {
      const project = await staleProject(t);
      const { clock, deps } = project;
      project.onRead(async () => {
        clock.advance(2 * HOUR_MS);
        await sweepRetention(deps, clock.now());
      });
      await assert.rejects(project.submit(project[which]), { code: 'blob_missing' });
    });
  }
});

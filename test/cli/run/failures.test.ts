import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failures, failureSummary } from '../../../cli/run/failures.ts';
import { jobView } from '../../helpers/job-view.ts';

test('a job that was refused before it was cut shows its problem alone', () => {
  const job = jobView();
  const none = { ...job.counters, partitions: null, failed: 0, canceled: 0, attempts: 0 };
  const problem = { code: 'args_too_long' as const, message: 'Too long.' };
  assert.deepEqual(failureSummary({ ...job, state: 'failed', problem, counters: none }), [
    'Too long.',
  ]);
  const counters = { ...none, partitions: 3, failed: 1, attempts: 1 };
  assert.deepEqual(failureSummary({ ...job, state: 'failed', problem: null, counters }), [
    '1 of 3 partitions failed.',
    '1 partition not started.',
    `See its output: px job logs ${job.id}`,
    `Run the rest again: px job retry ${job.id}`,
  ]);
});

test('attempts that run again are told at most every ten seconds, and at the end the unsaid rest', () => {
  let now = 0;
  const failures = new Failures(() => now);
  const again = (partition: number, attempt = 1) =>
    failures.superseded({
      ...{ t: 'superseded', cursor: '', partition, attempt, node: 'local-0' },
      outcome: { kind: 'exit', code: 3 },
    });
  assert.match(again(0) ?? '', /^Partition 0 runs again: attempt 1 on local-0: .*3\.$/);
  assert.deepEqual([again(1), again(1, 2)], [null, null]);
  now = 10_000;
  assert.match(again(2) ?? '', /^Partition 2 .* \(and 2 more since\)\.$/);
  assert.equal(failures.ended(), null);
  assert.equal(again(2, 2), null);
  assert.equal(failures.ended(), '… and 1 more ran again.');
});

test('how many failed is said as people say it', () => {
  const said = (failed: number, partitions: number | null) => {
    const job = jobView();
    const counters = { ...job.counters, partitions, failed };
    return failureSummary({ ...job, state: 'failed', problem: null, counters })[0];
  };
  assert.deepEqual(
    [said(1, 1), said(2, 2), said(2, 3), said(3, 3), said(1, null), said(2, null)],
    [
      '1 partition failed.',
      'Both partitions failed.',
      '2 of 3 partitions failed.',
      'All 3 partitions failed.',
      '1 partition failed.',
      '2 partitions failed.',
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureSummary } from '../../../cli/run/failures.ts';
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

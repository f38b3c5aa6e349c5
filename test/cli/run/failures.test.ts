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
    `See its output: px job logs ${job.id}`,
    `Run the rest again: px job retry ${job.id}`,
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf } from '../../../control-plane/scheduler/end.ts';
import { exitOf, shareStatus, statusOf } from '../../../control-plane/scheduler/exit.ts';
import { isHaltDue } from '../../../control-plane/scheduler/halt.ts';
import { judge } from '../../../control-plane/scheduler/outcome.ts';
import type { Outcome } from '../../../protocol/messages/jobs.ts';

const FRESH = { failures: 0, crashes: 0, losses: 0 };
const LIMITS = { retries: 1, crashRetries: 2 };

/** Ends every attempt of a partition alike; says how many it took until it was final. */
const attemptsUntilFinal = (outcome: Outcome): number => {
  let tries = FRESH;
  for (let attempt = 1; ; attempt += 1) {
    const verdict = judge(outcome, tries, LIMITS);
    if (verdict.state !== 'pending') return attempt;
    tries = verdict;
  }
};

test('each way to fail has its own limit', () => {
  assert.equal(attemptsUntilFinal({ kind: 'exit', code: 0 }), 1);
  assert.equal(attemptsUntilFinal({ kind: 'exit', code: 137 }), 2);
  assert.equal(attemptsUntilFinal({ kind: 'spawn', message: 'no such file' }), 2);
  assert.equal(attemptsUntilFinal({ kind: 'signal', signal: 9 }), 3);
  assert.equal(attemptsUntilFinal({ kind: 'timeout' }), 3);
  assert.equal(attemptsUntilFinal({ kind: 'oom' }), 3);
  assert.equal(attemptsUntilFinal({ kind: 'node_lost' }), 4);
});

test('ways to fail do not add up', () => {
  const crashed = judge({ kind: 'oom' }, FRESH, LIMITS);
  const failed = judge({ kind: 'exit', code: 1 }, crashed, LIMITS);
  const lost = judge({ kind: 'node_lost' }, failed, LIMITS);
  assert.deepEqual(lost, { failures: 1, crashes: 1, losses: 1, state: 'pending' });
});

test('statuses are those of the contract', () => {
  const statuses = (
    [
      { kind: 'exit', code: 3 },
      { kind: 'signal', signal: 15 },
      { kind: 'oom' },
      { kind: 'timeout' },
      { kind: 'node_lost' },
      { kind: 'spawn', message: '' },
      { kind: 'canceled' },
    ] satisfies Outcome[]
  ).map(statusOf);
  assert.deepEqual(statuses, [3, 143, 137, 124, 125, 125, 130]);
});

test('a job exits with the status that all its failures share, else with 1', () => {
  const job = { state: 'failed' as const, failed: 3, problemCode: null };
  assert.equal(exitOf({ ...job, failedStatus: [7, 7, 7].reduce(shareStatus, null) }), 7);
  assert.equal(exitOf({ ...job, failedStatus: [7, 7, 8].reduce(shareStatus, null) }), 1);
  assert.equal(exitOf({ ...job, failedStatus: [7, 8, 7].reduce(shareStatus, null) }), 1);
});

test('what px itself could not do is 125, a canceled job 130', () => {
  const job = { failed: 1, failedStatus: 7 };
  assert.equal(exitOf({ ...job, state: 'failed', problemCode: 'setup_failed' }), 125);
  assert.equal(exitOf({ ...job, state: 'canceled', problemCode: 'canceled' }), 130);
  assert.equal(exitOf({ ...job, state: 'canceled', problemCode: 'max_cost' }), 125);
  assert.equal(exitOf({ state: 'succeeded', failed: 0, failedStatus: null, problemCode: null }), 0);
});

test('a halt waits for its number of failures, or its part of all partitions', () => {
  const soon = { when: 'soon' as const };
  assert.equal(isHaltDue({ ...soon, fail: { count: 2 } }, 1, 10), false);
  assert.equal(isHaltDue({ ...soon, fail: { count: 2 } }, 2, 10), true);
  assert.equal(isHaltDue({ ...soon, fail: { percent: 20 } }, 1, 10), false);
  assert.equal(isHaltDue({ ...soon, fail: { percent: 20 } }, 2, 10), true);
  assert.equal(isHaltDue({ ...soon, fail: { percent: 20 } }, 9, null), false);
  assert.equal(isHaltDue({ when: 'never', fail: { count: 1 } }, 9, 10), false);
});

test('a job ends when nothing of it can happen any more', () => {
  const over: Parameters<typeof endOf>[0] = {
    closing: false,
    cutDone: true,
    pending: 0,
    leased: 0,
    failed: 0,
    problemCode: null,
    globEpoch: null,
  };
  assert.equal(endOf(over), 'succeeded');
  assert.equal(endOf({ ...over, failed: 1 }), 'failed');
  assert.equal(endOf({ ...over, cutDone: false }), null);
  assert.equal(endOf({ ...over, pending: 1 }), null);
  assert.equal(endOf({ ...over, leased: 1 }), null);
  assert.equal(endOf({ ...over, closing: true, leased: 1 }), null);
  assert.equal(endOf({ ...over, closing: true, pending: 5, problemCode: 'canceled' }), 'canceled');
  assert.equal(
    endOf({ ...over, closing: true, cutDone: false, problemCode: 'input_incomplete' }),
    'failed',
  );
  assert.equal(endOf({ ...over, closing: true, globEpoch: '0123456789abcdef:1' }), null);
});

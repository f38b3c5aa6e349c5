import assert from 'node:assert/strict';
import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Joblog } from '../../../cli/run/joblog.ts';
import { doneHashes } from '../../../cli/run/resume.ts';
import type { Outcome } from '../../../protocol/messages/jobs.ts';
import { tempDir } from '../../helpers/run-px.ts';

const frame = (partition: number, outcome: Outcome) => ({
  t: 'committed' as const,
  cursor: '1',
  partition,
  attempt: 1,
  outcome,
  node: 'local-0',
  lines: 1,
  firstLine: 0,
  startedAt: 1_700_000_000_123,
  runtimeMs: 1500,
  inputBytes: 10,
  outputBytes: 20,
  hash: String(partition).repeat(64),
});

test('a joblog has the columns of GNU parallel and the hash, one line a partition', (t) => {
  const path = join(tempDir(t), 'log');
  const log = new Joblog(path, 'printf "a\n\t"', false);
  log.add(frame(1, { kind: 'exit', code: 3 }));
  log.add(frame(2, { kind: 'signal', signal: 9 }));
  log.close();
  const [head, first, second, end] = readFileSync(path, 'utf8').split('\n');
  assert.equal(
    head,
    'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\tHash',
  );
  const command = 'printf "a\\n\\t"';
  assert.equal(
    first,
    `1\tlocal-0\t1700000000.123\t1.500\t10\t20\t3\t0\t${command}\t${'1'.repeat(64)}`,
  );
  assert.equal(second?.split('\t').slice(6, 8).join(), '0,9');
  assert.equal(end, '');
});

test('a resumed run appends what it ran, and what had succeeded is done', (t) => {
  const path = join(tempDir(t), 'log');
  const first = new Joblog(path, 'x', false);
  first.add(frame(1, { kind: 'exit', code: 0 }));
  first.add(frame(2, { kind: 'exit', code: 1 }));
  first.add(frame(3, { kind: 'oom' }));
  first.close();
  const second = new Joblog(path, 'x', true);
  second.add(frame(1, { kind: 'resumed' }));
  second.add(frame(2, { kind: 'exit', code: 0 }));
  second.close();
  const text = readFileSync(path, 'utf8');
  assert.equal(text.match(/^Seq/gm)?.length, 1);
  assert.deepEqual(doneHashes(text), ['1'.repeat(64), '2'.repeat(64)]);
});

test('what never ran has no row, and what was canceled while it ran has one', (t) => {
  const path = join(tempDir(t), 'log');
  const log = new Joblog(path, 'x', false);
  log.add({ ...frame(1, { kind: 'canceled' }), startedAt: null });
  log.add(frame(2, { kind: 'canceled' }));
  log.close();
  assert.deepEqual(readFileSync(path, 'utf8').match(/^\d+/gm), ['2']);
});

test('a log whose disk is full is told once and known to be incomplete', () => {
  const log = new Joblog('/dev/full', 'x', false);
  log.add(frame(1, { kind: 'exit', code: 0 }));
  assert.equal(
    log.flush(),
    'The joblog /dev/full cannot be written: ENOSPC: no space left on device. The job goes on.',
  );
  log.add(frame(2, { kind: 'exit', code: 0 }));
  assert.equal(log.flush(), null);
  log.close();
  assert.equal(log.isComplete, false);
});

test('a row that was cut off is ended before the next one', (t) => {
  const path = join(tempDir(t), 'log');
  const first = new Joblog(path, 'x', false);
  first.add(frame(1, { kind: 'exit', code: 0 }));
  first.close();
  truncateSync(path, readFileSync(path).length - 30);
  const second = new Joblog(path, 'x', true);
  second.add(frame(2, { kind: 'exit', code: 0 }));
  second.close();
  assert.deepEqual(doneHashes(readFileSync(path, 'utf8')), ['2'.repeat(64)]);
});

test('a file that is no joblog of px is refused', () => {
  assert.throws(() => doneHashes('Seq\tHost\n1\tx\n'), { code: 'bad_input' });
});

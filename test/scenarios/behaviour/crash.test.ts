// How processes end: by a signal, by their own status, by the clock, or not at all.
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { describe, test } from 'node:test';
import { processesOf, until } from '../../helpers/processes.ts';
import { usePx } from '../support/network.ts';
import { newestJob, partitionsOf } from '../support/watch.ts';

const attemptsIn = (counted: { counters: { attempts: number } }) => counted.counters.attempts;

describe('exit statuses', () => {
  test('a signal is 128+n after two more attempts', async (t) => {
    const px = usePx(t);
    assert.equal((await px.run(['run', 'kill -SEGV $$'])).status, 139);
    assert.equal(attemptsIn(await newestJob(px)), 3);
  });

  test('a program behind the shell that a signal kills has crashed, not exited', async (t) => {
    const px = usePx(t);
    assert.equal((await px.run(['run', `sh -c 'kill -SEGV $$'`])).status, 139);
    const job = await newestJob(px);
    assert.equal(attemptsIn(job), 3);
    const [partition] = await partitionsOf(px, job.id);
    assert.deepEqual(partition?.outcome, { kind: 'signal', signal: 11 });
  });

  test('a program that exits with 137 by itself was not killed and is not run again', async (t) => {
    const px = usePx(t);
    assert.equal((await px.run(['run', 'exit 137'])).status, 137);
    const job = await newestJob(px);
    assert.equal(attemptsIn(job), 1);
    const [partition] = await partitionsOf(px, job.id);
    assert.deepEqual(partition?.outcome, { kind: 'exit', code: 137 });
  });

  test('of many short ones too, one that says `Killed` and exits with 137 has exited in the end', async (t) => {
    const px = usePx(t);
    const text = '#!/bin/sh\ntest "$1" -lt 190 || { echo Killed >&2; exit 137; }\n';
    chmodSync(px.write('prog', text), 0o755);
    const lines = Array.from({ length: 200 }, (_, line) => `${line}\n`).join('');
    px.write('lines', lines);
    const ended = await px.run(['run', './prog {}', '--args-file', 'lines', '-n', '1']);
    assert.equal(ended.status, 137, ended.stderr);
    const said = ended.stderr.split('\n').filter((line) => line === 'Killed');
    assert.equal(said.length, 10, 'the words of the last attempts alone');
    const partitions = await partitionsOf(px, (await newestJob(px)).id);
    const failed = partitions.filter(({ state }) => state === 'failed');
    assert.deepEqual(
      failed.map(({ outcome }) => outcome),
      Array.from({ length: 10 }, () => ({ kind: 'exit', code: 137 })),
    );
    assert.ok(failed.every(({ attempt }) => attempt <= 2));
  });

  test('a timeout is 124, and nothing that it started lives on', async (t) => {
    const px = usePx(t);
    const command = 'sleep 5151 & setsid sleep 5152 & sleep 5153';
    const ended = await px.run(['run', command, '--timeout', '500ms', '--crash-retries', '0']);
    assert.equal(ended.status, 124, ended.stderr);
    await until('its processes are gone', () => processesOf('sleep 515').length === 0, 3_000);
  });

  test('one status that all failures share is the status, and different ones are 1', async (t) => {
    const px = usePx(t);
    const shared = 'test "$PX_PARTITION" = 0 || exit 5';
    assert.equal((await px.run(['run', shared, '-p', '3'])).status, 5);
    const different = 'exit $((PX_PARTITION + 3))';
    assert.equal((await px.run(['run', different, '-p', '3'])).status, 1);
  });

  test('--retries runs a failed partition again and shows the last attempt alone', async (t) => {
    const px = usePx(t);
    const command = 'echo "attempt $PX_ATTEMPT"; test "$PX_ATTEMPT" = 3';
    const ended = await px.run(['run', command, '--retries', '2']);
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.toString(), 'attempt 3\n');
  });
});

describe('programs that do not start', () => {
  test('a missing command is said once, not per partition', async (t) => {
    const px = usePx(t);
    const ended = await px.run(['run', 'no-such-program', '-p', '40']);
    assert.equal(ended.status, 127);
    const said = ended.stderr.match(/not found/g)?.length ?? 0;
    assert.ok(said >= 1 && said <= 2, ended.stderr);
  });

  test('a script without its run bit is 126', async (t) => {
    const px = usePx(t);
    chmodSync(px.write('script.sh', '#!/bin/sh\necho ran\n'), 0o644);
    const ended = await px.run(['run', './script.sh']);
    assert.equal(ended.status, 126);
    assert.match(ended.stderr, /permission/i);
  });

  test('an argv whose program is missing is 127', async (t) => {
    const px = usePx(t);
    const ended = await px.run(['run', '--', 'no-such-program', 'word']);
    assert.equal(ended.status, 127);
  });
});

describe('process trees', () => {
  test('a double-forked child in a session of its own does not outlive its attempt', async (t) => {
    const px = usePx(t);
    const command = `setsid sh -c 'sleep 5161 >/dev/null 2>&1 &' & wait; echo done`;
    const ended = await px.ok(['run', command]);
    assert.equal(ended.stdout.toString(), 'done\n');
    await until('it is gone', () => processesOf('sleep 5161').length === 0, 3_000);
  });
});

// Ctrl-C, SIGTERM, a closed terminal, `cluster down`, a dead control plane: who survives.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAlive, signal, until } from '../../helpers/processes.ts';
import type { Px, Running } from '../../helpers/px-process.ts';
import { usePx } from '../support/network.ts';
import { startOnTerminal } from '../support/terminal.ts';
import { attemptsOf, jobOf, newestJob, workersOf } from '../support/watch.ts';

/** Every process is gone within a second; half of one more for the polling of this test. */
const GONE_MS = 1_500;
const SLEEPERS = ['run', 'setsid sleep 6161 & sleep 6162', '-p', '2'];
// It takes no notice of the polite signals.
const STUBBORN = ['run', `trap '' INT TERM HUP; while :; do sleep 1; done`, '-p', '2'];

const started = async (px: Px): Promise<void> => {
  await until('both attempts run', () => {
    const partitions = attemptsOf(px).map(({ environment }) => environment.PX_PARTITION);
    return new Set(partitions).size === 2;
  });
};

const gone = (px: Px) =>
  until('every process of the job is gone', () => attemptsOf(px).length === 0, GONE_MS);

const canceled = async (px: Px) => {
  const { id } = await newestJob(px);
  await until('the job is canceled', async () => (await jobOf(px, id)).state === 'canceled', 5_000);
};

describe('px is told to stop', () => {
  for (const [name, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    test(`${name} cancels the job, and every process is gone within a second`, async (t) => {
      const px = usePx(t);
      const running = px.start(SLEEPERS);
      await started(px);
      signal(running.pid, name);
      await gone(px);
      assert.equal((await running.ended(10_000)).status, status);
      await canceled(px);
    });
  }

  test('hundreds of processes are gone as soon as one', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', 'sleep 6163', '-p', '200']);
    await until('they run', () => attemptsOf(px).length >= 200);
    signal(running.pid, 'SIGINT');
    await gone(px);
    assert.equal((await running.ended(10_000)).status, 130);
  });

  test('Ctrl-C on a terminal cancels with 130', async (t) => {
    const px = usePx(t);
    const running = startOnTerminal(px, SLEEPERS);
    await started(px);
    running.type('\x03');
    await gone(px);
    assert.equal((await running.ended(10_000)).status, 130);
    await canceled(px);
  });

  test('a job that ignores the polite signals is gone all the same', async (t) => {
    const px = usePx(t);
    const running = px.start(STUBBORN);
    await started(px);
    signal(running.pid, 'SIGINT');
    await gone(px);
    assert.equal((await running.ended(10_000)).status, 130);
  });

  test('the second Ctrl-C leaves at once, and the control plane still cancels', async (t) => {
    const px = usePx(t);
    const running = px.start(STUBBORN);
    await started(px);
    // A control plane that stands still cannot answer the first.
    const { pid } = px.server();
    signal(pid, 'SIGSTOP');
    signal(running.pid, 'SIGINT');
    await until('px heard the first', () => /cancel/i.test(running.stderr()), 5_000);
    signal(running.pid, 'SIGINT');
    assert.equal((await running.ended(2_000)).status, 130);
    signal(pid, 'SIGCONT');
    await until('the job is gone', () => attemptsOf(px).length === 0, 5_000);
    await canceled(px);
  });
});

const finishes = async (px: Px, running: Running, leave: () => void): Promise<void> => {
  const { id } = await until('the job runs', async () => {
    const job = await newestJob(px);
    return attemptsOf(px).length > 0 && job;
  });
  leave();
  await until('px is gone', () => !isAlive(running.pid), 10_000);
  assert.equal((await jobOf(px, id)).state, 'running');
  const ended = await px.ok(['job', 'attach', id], { timeoutMs: 30_000 });
  assert.equal(ended.stdout.toString(), 'before\nafter\n');
};

const LASTING = 'echo before; sleep 3; echo after';

describe('px goes away', () => {
  test('a closed terminal detaches: the job goes on and attach shows all of it', async (t) => {
    const px = usePx(t);
    const running = startOnTerminal(px, ['run', LASTING]);
    await finishes(px, running, () => running.hangUp());
  });

  test('SIGHUP detaches', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', LASTING]);
    await finishes(px, running, () => signal(running.pid, 'SIGHUP'));
  });

  test('kill -9 detaches', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', LASTING]);
    await finishes(px, running, () => signal(running.pid, 'SIGKILL'));
  });

  test('Ctrl-C in attach and in logs -f detaches only', async (t) => {
    const px = usePx(t);
    const { stdout } = await px.ok(['run', 'sleep 5; echo done', '--detach']);
    const id = stdout.toString().trim();
    for (const words of [
      ['job', 'attach', id],
      ['job', 'logs', id, '-f'],
    ]) {
      const running = px.start(words);
      await until('it follows', () => attemptsOf(px).length > 0);
      await new Promise((done) => setTimeout(done, 500));
      signal(running.pid, 'SIGINT');
      await running.ended(5_000);
      assert.equal((await jobOf(px, id)).state, 'running', words.join(' '));
    }
    const ended = await px.ok(['job', 'attach', id], { timeoutMs: 30_000 });
    assert.equal(ended.stdout.toString(), 'done\n');
  });
});

describe('the rest goes away', () => {
  test('`cluster down` asks while a job runs; with --force no process is left', async (t) => {
    const px = usePx(t);
    await px.ok(['cluster', 'up', 'demo', '--provider', 'local', '--nodes', '2', '--cpus', '1']);
    const running = px.start([...SLEEPERS, '--cluster', 'demo']);
    await started(px);
    const refused = await px.run(['cluster', 'down', 'demo']);
    assert.equal(refused.status, 125, refused.stderr);
    assert.ok(attemptsOf(px).length > 0, 'the job runs on');
    await px.ok(['cluster', 'down', 'demo', '--force']);
    assert.deepEqual(attemptsOf(px), []);
    assert.deepEqual(workersOf(px), []);
    assert.notEqual((await running.ended(20_000)).status, 0);
  });

  test('a control plane that died is started again by the px that waits, and the job goes on', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', LASTING]);
    await until('the job runs', () => attemptsOf(px).length > 0);
    const { pid } = px.server();
    signal(pid, 'SIGKILL');
    const ended = await running.ended(60_000);
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.toString(), 'before\nafter\n');
    assert.notEqual(px.server().pid, pid);
  });

  test('with px and the control plane dead, the next px command takes the job up', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', LASTING]);
    await until('the job runs', () => attemptsOf(px).length > 0);
    const { id } = await newestJob(px);
    signal(running.pid, 'SIGKILL');
    signal(px.server().pid, 'SIGKILL');
    await running.ended();
    const ended = await px.ok(['job', 'attach', id], { timeoutMs: 60_000 });
    assert.equal(ended.stdout.toString(), 'before\nafter\n');
  });

  test('`server stop` leaves no process', async (t) => {
    const px = usePx(t);
    await px.ok(['run', 'true']);
    await px.ok(['server', 'stop']);
    await until('nothing is left', () => px.processes().length === 0, 5_000);
  });
});

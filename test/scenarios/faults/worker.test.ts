// Faults 1–4 of a worker and of what it runs: killed, stopped past its lease, stopped while it completes.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeFrames } from '../../../protocol/frames.ts';
import { ReportFrame } from '../../../protocol/messages/worker.ts';
import { findProcess, isAlive, signal, sleep, until } from '../../helpers/processes.ts';
import type { Px, Running } from '../../helpers/px-process.ts';
import { assertOnce, laterAttempts, numbers, PARTITIONS, startEcho } from '../support/echo.ts';
import { SHORT_LEASE_MS, useFaultyPx, usePx } from '../support/network.ts';
import { attemptsOf, eventsOf, newestJob, partlyDone, workersOf } from '../support/watch.ts';

const PAUSE = 'sleep 0.01';
const KILLS = 5;
/** An attempt's processes must be gone so soon after their worker died. */
const ORPHAN_MS = 2_000;

/** How the command line of a shell that reads invocations ends. */
const STAYING = ' -c . /dev/stdin px';

const up = (px: Px, nodes: number, cpus: number) =>
  px.ok([
    'cluster',
    'up',
    'demo',
    '--provider',
    'local',
    '--nodes',
    `${nodes}`,
    '--cpus',
    `${cpus}`,
  ]);

const isRunning = (running: Running) => running.child.exitCode === null;

const startOnDemo = (px: Px, before = PAUSE) =>
  startEcho(px, { before, args: ['--cluster', 'demo'] });

describe('a worker that dies', () => {
  test('a killed worker takes its processes with it, and its partitions run again', async (t) => {
    const px = usePx(t);
    await up(px, 2, 1);
    const running = startOnDemo(px);
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await partlyDone(px, kill * 100);
      const worker = await until('a worker runs an attempt', () => {
        const [first] = attemptsOf(px);
        const parents = workersOf(px);
        return first && parents.find(({ pid }) => pid !== first.pid);
      });
      const mine = attemptsOf(px).filter(({ pid }) => descends(pid, worker.pid));
      signal(worker.pid, 'SIGKILL');
      await until(
        'its processes are gone',
        () => mine.every(({ pid }) => !isAlive(pid)),
        ORPHAN_MS,
      );
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    // The last one may still be on its way when the other node has done the rest.
    await until('each kill was followed by a new incarnation', async () => {
      const { nodes } = await px.api().call('cluster', { params: { name: 'demo' } });
      return nodes.reduce((sum, node) => sum + node.incarnation, 0) >= 2 + KILLS;
    });
    const job = await newestJob(px);
    assert.ok(job.counters.attempts >= PARTITIONS, 'the attempts that died were counted');
  });
});

/** Shells that stay on a slot for short invocations. */
const shellsOf = (px: Px) => px.processes().filter(({ command }) => command.endsWith(STAYING));

describe('a worker that dies under short invocations', () => {
  test('its shells go with it, and every line is printed once', async (t) => {
    const px = usePx(t);
    await up(px, 1, 2);
    px.write('lines.txt', numbers());
    // Of plain words, and short on the busiest machine, as the shell runs it itself.
    const words = ['run', 'echo', '--args-file', 'lines.txt', '-n', '10', '--cluster', 'demo'];
    const running = px.start(words);
    for (let kill = 1; kill <= 2; kill += 1) {
      await partlyDone(px, kill * 1_500);
      const shells = await until('shells run the invocations', () => {
        const found = shellsOf(px);
        return found.length > 0 && found;
      });
      const [worker] = workersOf(px);
      assert.ok(worker);
      signal(worker.pid, 'SIGKILL');
      await until('its shells are gone', () => shells.every(({ pid }) => !isAlive(pid)), ORPHAN_MS);
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    const printed = ended.stdout.toString().split(/\s/).filter(Boolean).map(Number);
    const wanted = numbers().split('\n').filter(Boolean).map(Number);
    assert.deepEqual(
      printed.toSorted((a, b) => a - b),
      wanted,
    );
    const { nodes } = await px.api().call('cluster', { params: { name: 'demo' } });
    assert.ok((nodes[0]?.incarnation ?? 0) >= 3, 'each kill was followed by a new incarnation');
  });
});

const descends = (pid: number, ancestor: number): boolean => {
  for (let at = pid; at > 1; at = findProcess(at)?.ppid ?? 0) if (at === ancestor) return true;
  return false;
};

describe("the user's process", () => {
  test('a process that is killed from outside runs again, up to the crash limit', async (t) => {
    const px = usePx(t);
    // Slow enough that a process that was found still lives when the signal comes.
    const before = 'case $PX_PARTITION in *5) sleep 0.3;; esac';
    const running = startEcho(px, { before });
    await partlyDone(px, 50);
    const struck = new Set<string>();
    while (struck.size < 10 && isRunning(running)) {
      // The last attempt that is allowed is spared: this test is about what comes back.
      const victim = attemptsOf(px).find(
        ({ environment, command }) =>
          environment.PX_PARTITION?.endsWith('5') &&
          Number(environment.PX_ATTEMPT) < 3 &&
          command.startsWith('sh -c'),
      );
      if (victim !== undefined) {
        signal(victim.pid, 'SIGKILL');
        struck.add(victim.environment.PX_PARTITION ?? '');
      }
      await sleep(20);
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok(laterAttempts(ended.stdout) >= 3, `killed: ${[...struck]}`);
  });

  test('a process that always dies fails its partition after two more attempts, and no other', async (t) => {
    const px = usePx(t);
    const running = startEcho(px, { before: 'test "$PX_PARTITION" != 7 || kill -9 $$' });
    const ended = await running.ended();
    assert.equal(ended.status, 137);
    assert.equal(ended.stdout.toString().split('\n').length - 1, 99_900);
    const job = await newestJob(px);
    assert.deepEqual([job.counters.succeeded, job.counters.failed], [PARTITIONS - 1, 1]);
    assert.equal(job.counters.attempts, PARTITIONS + 2);
  });
});

describe('a worker that stops', () => {
  test('a worker stopped past its lease loses it, and what it says later counts for nothing', async (t) => {
    const { px } = await useFaultyPx(t, { settings: { leaseMs: SHORT_LEASE_MS } });
    await up(px, 2, 1);
    const running = startOnDemo(px);
    await partlyDone(px, 100);
    for (let round = 0; round < 3; round += 1) {
      const [worker] = workersOf(px);
      assert.ok(worker);
      signal(worker.pid, 'SIGSTOP');
      await sleep(SHORT_LEASE_MS * 1.7);
      signal(worker.pid, 'SIGCONT');
      await sleep(500);
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    const events = await eventsOf(px, (await newestJob(px)).id);
    const lost = events.filter(({ kind }) => kind === 'superseded').length;
    assert.ok(lost >= 1, 'a lease expired and was given again');
  });

  test('a worker stopped while it completes commits once', async (t) => {
    const { px, proxy, seen } = await useFaultyPx(t, { settings: { leaseMs: SHORT_LEASE_MS } });
    await up(px, 1, 2);
    let stops = 0;
    proxy.onRequest(async (passing) => {
      if (stops >= 3 || !passing.path.endsWith('/report') || !holdsDone(passing.body)) return;
      const [worker] = workersOf(px);
      if (worker === undefined || worker.state === 'T') return;
      stops += 1;
      signal(worker.pid, 'SIGSTOP');
      // The first arrives in time and its answer is read late; the others arrive after the lease.
      if (stops > 1) await sleep(SHORT_LEASE_MS * 2);
      setTimeout(() => signal(worker.pid, 'SIGCONT'), SHORT_LEASE_MS * 2);
    });
    const ended = await startOnDemo(px).ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.equal(stops, 3);
    assert.ok(seen.stale >= 1, 'a completion came after its lease and was refused');
  });
});

const holdsDone = (body: Buffer): boolean =>
  decodeFrames(body).some(({ header }) => ReportFrame.parse(header).t === 'done');

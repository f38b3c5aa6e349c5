// Faults 25 and 28: the control plane is killed, at named points and at random, and stopped.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAlive, signal, sleep, until } from '../../helpers/processes.ts';
import type { Px, Running } from '../../helpers/px-process.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { SHORT_LEASE_MS, usePx } from '../support/network.ts';
import { eventsOf, newestJob, partlyDone } from '../support/watch.ts';

const PAUSE = 'sleep 0.005';
/** Reports are 100 ms apart while more waits: some 100 of them on the fastest machine. */
const LONGER_PAUSE = 'sleep 0.015';
/** The long run kills 200 times in all: PX_KILLS=40. */
const KILLS = Number(process.env.PX_KILLS ?? 7);
const POINTS = ['segment-written', 'before-commit', 'before-reply'];
/** Reports that a control plane takes before it dies at its point. */
const REPORTS_BETWEEN = 6;

/** Notes every control plane that serves while the command runs. */
const countStarts = async (px: Px, running: Running): Promise<Set<number>> => {
  const pids = new Set<number>();
  while (running.child.exitCode === null && running.child.signalCode === null) {
    try {
      const { pid } = px.server();
      if (isAlive(pid)) pids.add(pid);
    } catch {
      // Between two control planes there may be no file.
    }
    await sleep(20);
  }
  return pids;
};

describe('a control plane that dies', () => {
  for (const point of POINTS) {
    test(`killed at ${point} again and again, it has what it acknowledged`, async (t) => {
      const px = usePx(t, { env: { PX_FAULT_POINT: `${point}:${REPORTS_BETWEEN}` } });
      const running = startEcho(px, { before: LONGER_PAUSE });
      const starts = await countStarts(px, running);
      const ended = await running.ended();
      assert.equal(ended.status, 0, ended.stderr);
      assertOnce(ended.stdout);
      assert.ok(starts.size > KILLS, `it was killed ${starts.size - 1} times, expected ${KILLS}`);
    });
  }

  test('killed at random moments, it has what it acknowledged', async (t) => {
    const px = usePx(t);
    const running = startEcho(px, { before: LONGER_PAUSE });
    await newestJob(px);
    const isOver = () => running.child.exitCode !== null;
    let kills = 0;
    while (kills < KILLS) {
      await sleep(100 + Math.random() * 700);
      const server = await until(
        'a control plane serves, or px is done',
        () => isOver() || px.serves(),
      );
      if (server === true) break;
      signal(server.pid, 'SIGKILL');
      kills += 1;
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok(kills >= Math.min(KILLS, 5), `it was killed ${kills} times`);
    const again = await px.ok(['job', 'logs', (await newestJob(px)).id]);
    assertOnce(again.stdout);
  });
});

describe('a control plane that sleeps', () => {
  test('stopped for longer than a lease, it grants a full term before any lease expires', async (t) => {
    const px = usePx(t, { settings: { leaseMs: SHORT_LEASE_MS } });
    const running = startEcho(px, { before: PAUSE });
    await partlyDone(px, 300);
    const { pid } = px.server();
    signal(pid, 'SIGSTOP');
    await sleep(process.env.PX_LONG === undefined ? SHORT_LEASE_MS * 3 : 120_000);
    signal(pid, 'SIGCONT');
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.equal(px.server().pid, pid, 'the same control plane serves');
    const events = await eventsOf(px, (await newestJob(px)).id);
    const lost = events.filter(({ kind }) => kind === 'superseded').length;
    // Attempts that ran when it stopped die at the worker's fence: at most its slots and a second of work ahead.
    assert.ok(lost <= 100, `${lost} leases expired at once`);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { output } from '../helpers/fake-records.ts';
import { isAlive, processesOf, until } from '../helpers/processes.ts';
import { startBoth } from '../helpers/worker-process.ts';

/** Starts a process that has left its parent, its group and its session, and prints its pid. */
const ESCAPE = `setsid sh -c 'sh -c "echo \\$\\$; exec sleep 300" & ' & wait`;

const pidsIn = (text: string): number[] => [...text.matchAll(/\d+/g)].map(Number);

const gone = (pids: readonly number[], ms: number) =>
  until(`${pids.join()} are gone`, () => pids.every((pid) => !isAlive(pid)), ms);

describe('process trees', { concurrency: false }, () => {
  it('kills the whole tree within a second of a revoke, also what left its session', async (t) => {
    const { plane, worker } = await startBoth(t);
    const job = plane.addJob({ command: `trap '' TERM; echo $$; ${ESCAPE}; sleep 300` });
    const record = plane.lease(job);
    await plane.until(() => pidsIn(output(record).toString()).length === 2);
    const pids = pidsIn(output(record).toString());
    assert.ok(pids.every(isAlive));
    const since = performance.now();
    plane.revoke(record);
    await gone(pids, 5000);
    assert.ok(performance.now() - since < 1000, `${performance.now() - since} ms`);
    assert.deepEqual(worker.jobProcesses(), []);
    assert.equal(record.end, null);
  });

  it('leaves no process behind when it is killed', async (t) => {
    const { plane, worker } = await startBoth(t);
    const record = plane.lease(plane.addJob({ command: `echo $$; ${ESCAPE}; sleep 300` }));
    await plane.until(() => pidsIn(output(record).toString()).length === 2);
    const pids = pidsIn(output(record).toString());
    worker.child.kill('SIGKILL');
    await worker.exited;
    await gone(pids, 5000);
    await until('the guard is gone', () => worker.jobProcesses().length === 0, 5000);
  });

  it('starts its guard again where somebody killed it', async (t) => {
    const { plane, worker } = await startBoth(t);
    const guard = () => processesOf('px-guard').find(({ ppid }) => ppid === worker.pid)?.pid;
    const first = guard();
    assert.ok(first !== undefined);
    process.kill(first, 'SIGKILL');
    await until('there is another guard', () => ![undefined, first].includes(guard()), 5000);
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => pidsIn(output(record).toString()).length === 1);
    worker.child.kill('SIGKILL');
    await gone(pidsIn(output(record).toString()), 5000);
  });

  it('ends what a process leaves behind, and keeps what was written until then', async (t) => {
    const { plane, worker } = await startBoth(t);
    const held = plane.lease(
      plane.addJob({ command: '(sleep 0.2; echo late; exec sleep 300) & echo now' }),
    );
    const away = plane.lease(
      plane.addJob({ command: 'setsid sleep 301 >/dev/null 2>&1 & exit 4' }),
    );
    assert.deepEqual((await plane.done(held)).outcome, { kind: 'exit', code: 0 });
    assert.equal(output(held).toString(), 'now\nlate\n');
    assert.deepEqual((await plane.done(away)).outcome, { kind: 'exit', code: 4 });
    await until('nothing is left', () => worker.jobProcesses().length === 0, 5000);
  });

  it('ends an attempt at its time limit', async (t) => {
    const { plane, worker } = await startBoth(t);
    const job = plane.addJob({
      command: `echo begun; trap '' TERM; sleep 300; sleep 300`,
      timeoutMs: 300,
    });
    const record = plane.lease(job);
    const { outcome, runtimeMs } = await plane.done(record);
    assert.deepEqual(outcome, { kind: 'timeout' });
    assert.ok(runtimeMs >= 300 && runtimeMs < 5000, `${runtimeMs}`);
    assert.equal(output(record).toString(), 'begun\n');
    assert.deepEqual(worker.jobProcesses(), []);
  });

  it('samples what an attempt uses, and says nothing of one that was too short', async (t) => {
    const { plane } = await startBoth(t);
    const busy = plane.lease(
      plane.addJob({ command: `awk 'BEGIN { while (i < 30000000) i++ }'; sleep 1.5` }),
    );
    const short = plane.lease(plane.addJob({ command: 'true' }));
    const used = await plane.done(busy, 60_000);
    assert.ok((used.cpuMs ?? 0) > 50, `${used.cpuMs}`);
    assert.ok((used.peakRssBytes ?? 0) > 500_000, `${used.peakRssBytes}`);
    const { cpuMs, peakRssBytes } = await plane.done(short);
    assert.deepEqual({ cpuMs, peakRssBytes }, { cpuMs: null, peakRssBytes: null });
  });

  it('kills everything and ends when it is told to stop, and when its directory goes', async (t) => {
    const { plane, worker } = await startBoth(t);
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => pidsIn(output(record).toString()).length === 1);
    plane.stop();
    assert.equal(await worker.exited, 0);
    assert.ok(pidsIn(output(record).toString()).every((pid) => !isAlive(pid)));
    assert.equal(plane.count('workerLeave'), 1);
  });
});

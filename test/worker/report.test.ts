import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fault } from '../helpers/fake-control-plane.ts';
import { output, type Recorded } from '../helpers/fake-records.ts';
import { isAlive, peakMemory, sleep, until } from '../helpers/processes.ts';
import { startBoth } from '../helpers/worker-process.ts';

const PASSING: readonly Fault[] = [
  'lose-request',
  'lose-reply',
  { status: 502, body: '<html>Bad Gateway</html>' },
  { status: 429, body: 'slow down' },
  {
    status: 507,
    body: JSON.stringify({ error: { code: 'disk_full', message: 'full', hint: null } }),
  },
];

describe('reports', { concurrency: false }, () => {
  it('records each byte once while requests and replies are lost', async (t) => {
    const { plane } = await startBoth(t);
    let turn = 0;
    let struck = 0;
    plane.fault = (route) => {
      if (route === 'workerControl') return null;
      turn += 1;
      if (turn % 2 === 0) return null;
      struck += 1;
      return PASSING[struck % PASSING.length] ?? null;
    };
    const job = plane.addJob({
      command: 'for i in 1 2 3 4 5; do echo "$PX_PARTITION.$i"; sleep 0.03; done',
    });
    const records: Recorded[] = [];
    const hasStruck = () => struck > 10 && records.some(({ repeated }) => repeated > 0);
    // Which requests there are depends on the moment: on until a chunk was lost after it had arrived.
    while (!hasStruck() && records.length < 240) {
      const batch = Array.from({ length: 12 }, () => plane.lease(job));
      for (const [index, record] of batch.entries()) {
        assert.deepEqual((await plane.done(record, 60_000)).outcome, { kind: 'exit', code: 0 });
        const at = records.length + index;
        const expected = [1, 2, 3, 4, 5].map((i) => `${at}.${i}\n`).join('');
        assert.equal(output(record).toString(), expected);
      }
      records.push(...batch);
    }
    assert.ok(hasStruck());
    assert.deepEqual(plane.breaches, []);
  });

  it('never tears a line of up to 1 MiB, and cuts a longer one at each MiB', async (t) => {
    const { plane } = await startBoth(t);
    const command = `awk 'BEGIN { srand(3); for (i = 0; i < 400; i++) { n = int(rand() * 20000); s = sprintf("%0" n "d", i); print s } }'`;
    const many = plane.lease(plane.addJob({ command }));
    const long = plane.lease(
      plane.addJob({ command: 'head -c 2500000 /dev/zero; echo; echo end' }),
    );
    await plane.done(many);
    for (const { bytes } of many.chunks) assert.equal(bytes.at(-1), 10);
    await plane.done(long);
    const MIB = 1 << 20;
    assert.deepEqual(
      long.chunks.slice(0, 2).map(({ bytes }) => bytes.length),
      [MIB, MIB],
    );
    assert.equal(output(long).length, 2_500_005);
    assert.deepEqual(plane.breaches, []);
  });

  it('shows whole lines while a process runs, and an unfinished one at its end', async (t) => {
    const { plane, worker } = await startBoth(t);
    const go = `${worker.dir}/go`;
    const command = `printf 'one\\ntw'; until [ -e ${go} ]; do sleep 0.05; done; printf o`;
    const record = plane.lease(plane.addJob({ command }));
    await plane.until(() => output(record).toString() === 'one\n');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(go, '');
    await plane.done(record);
    assert.equal(output(record).toString(), 'one\ntwo');
  });

  it('blocks a process while nothing is taken, in bounded memory, and loses nothing', async (t) => {
    const { plane, worker } = await startBoth(t);
    let isFull = true;
    plane.fault = (route) =>
      route === 'workerReport' && isFull ? { status: 507, body: 'full' } : null;
    const SIZE = 300_000_000;
    const record = plane.lease(
      plane.addJob({ command: `echo $$ >&2; exec head -c ${SIZE} /dev/zero` }),
    );
    await plane.until(() => plane.count('workerReport') > 3);
    assert.equal(record.end, null);
    assert.equal(worker.jobProcesses().length > 0, true);
    isFull = false;
    await plane.done(record, 60_000);
    assert.equal(output(record).length, SIZE);
    const peak = peakMemory(worker.pid);
    assert.ok(peak < 150e6, `${Math.round(peak / 1e6)} MB`);
    assert.deepEqual(plane.breaches, []);
  });

  it('kills an attempt whose epoch is stale, and abandons one whose chunks are asked for again', async (t) => {
    const { plane } = await startBoth(t);
    const job = plane.addJob({ command: 'echo $$; while sleep 0.05; do echo more; done' });
    const stale = plane.lease(job);
    const rolled = plane.lease(job);
    const pidOf = (of: typeof stale) => Number(output(of).toString().split('\n')[0]);
    await plane.until(() => [stale, rolled].every((one) => one.chunks.length > 3));
    const pids = [pidOf(stale), pidOf(rolled)];
    // Only reports know it: the control channel says nothing.
    plane.records.splice(plane.records.indexOf(stale), 1);
    rolled.chunks.splice(1);
    await until('both are gone', () => pids.every((pid) => !isAlive(pid)), 5000);
  });

  it('kills what runs when nothing is heard for 5/6 of a lease, and reports what has ended later', async (t) => {
    const { plane, worker } = await startBoth(t, (fake) => {
      fake.leaseMs = 1200;
    });
    const running = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    const ending = plane.lease(plane.addJob({ command: 'echo begun; sleep 0.5; echo ended' }));
    await plane.until(() => [running, ending].every((one) => one.chunks.length > 0));
    const pid = Number(output(running).toString());
    plane.fault = (route) => (route === 'workerControl' ? null : 'lose-request');
    const since = performance.now();
    await until('the running one is killed', () => !isAlive(pid), 5000);
    const ms = performance.now() - since;
    assert.ok(ms > 500 && ms < 1600, `${ms} ms`);
    plane.fault = () => null;
    assert.deepEqual((await plane.done(ending)).outcome, { kind: 'exit', code: 0 });
    assert.equal(output(ending).toString(), 'begun\nended\n');
    await sleep(100);
    assert.equal(running.end, null);
    assert.match(worker.log(), /past the fence/);
  });

  it('kills first when it wakes past its fence', async (t) => {
    const { plane, worker } = await startBoth(t, (fake) => {
      fake.leaseMs = 1000;
    });
    const record = plane.lease(plane.addJob({ command: 'echo $$; exec sleep 300' }));
    await plane.until(() => record.chunks.length > 0);
    const pid = Number(output(record).toString());
    worker.child.kill('SIGSTOP');
    await sleep(1500);
    assert.ok(isAlive(pid));
    worker.child.kill('SIGCONT');
    await until('it is killed', () => !isAlive(pid), 1000);
    assert.equal(record.end, null);
  });
});

// Faults 35, 36 and 37: the CLI is killed, its connection is cut, or its reader stands still.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startFaultProxy } from '../../helpers/fault-proxy.ts';
import { isAlive, signal, sleep, until } from '../../helpers/processes.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { jobOf, newestJob, partlyDone } from '../support/watch.ts';

const PAUSE = 'sleep 0.005';
const CUT_MS = process.env.PX_LONG === undefined ? 8_000 : 60_000;

describe('a reader that goes away', () => {
  test('a CLI killed after the input is sealed leaves its job alone, and attach gives every byte', async (t) => {
    const px = usePx(t);
    const running = startEcho(px, { before: PAUSE, stdout: 'ignore' });
    await partlyDone(px, 100);
    const { id } = await newestJob(px);
    signal(running.pid, 'SIGKILL');
    assert.equal((await running.ended()).status, 137);
    const [first, second] = await Promise.all([
      px.ok(['job', 'attach', id]),
      px.ok(['job', 'attach', id]),
    ]);
    assertOnce(first.stdout);
    assertOnce(second.stdout);
    const third = await px.ok(['job', 'attach', id]);
    assert.deepEqual(third.stdout, first.stdout, 'the same bytes from the first on');
    assert.equal((await jobOf(px, id)).state, 'succeeded');
  });

  test('a connection that is cut resumes by cursor, without a gap or a repeat', async (t) => {
    const px = usePx(t);
    await px.ok(['server', 'start']);
    const proxy = await startFaultProxy({ target: () => px.server().url, seed: 36 });
    t.after(() => proxy.close());
    const context = { url: proxy.url, token_file: 'proxied.token' };
    writeFileSync(join(px.home, 'proxied.token'), px.server().token);
    writeFileSync(join(px.home, 'contexts.json'), JSON.stringify({ proxied: context }));

    const args = ['--output', 'live', '--context', 'proxied'];
    const running = startEcho(px, { before: PAUSE, args });
    for (const share of [200, 500]) {
      await partlyDone(px, share);
      proxy.cut('all');
      await sleep(CUT_MS / 2);
      proxy.heal();
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.ok((proxy.struck.get('cut') ?? 0) >= 1, 'the CLI met the cut');
  });

  test('a reader that stands still slows the run down and kills nothing', async (t) => {
    const px = usePx(t);
    // 400 partitions of 1 MiB are more than pipe, reader and pace can hold; at 50 ms each a node has
    // some 40 of them ahead, however fast the machine is.
    px.write('lines', '{}\n'.repeat(400));
    const command = "sh -c 'sleep 0.05; head -c 1048576 /dev/zero'";
    const running = px.start([
      'run',
      command,
      '-n',
      '1',
      '--args-file',
      'lines',
      '--output',
      'final',
    ]);
    running.child.stdout?.pause();
    const { id } = await newestJob(px);
    await until('the job has stalled', async () => {
      const before = (await jobOf(px, id)).counters.succeeded;
      await sleep(2_000);
      return before > 0 && (await jobOf(px, id)).counters.succeeded === before;
    });
    const stalled = await jobOf(px, id);
    assert.equal(stalled.state, 'running');
    assert.ok(stalled.counters.succeeded < 400, 'claims have slowed down');
    assert.ok(isAlive(running.pid));
    running.child.stdout?.resume();
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.length, 400 * 1_048_576);
    assert.equal((await jobOf(px, id)).counters.attempts, 400);
  });
});

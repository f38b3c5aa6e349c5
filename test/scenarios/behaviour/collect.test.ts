// Files that come home: none lost with its node, two versions kept apart, local edits kept.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { signal, until } from '../../helpers/processes.ts';
import type { Px } from '../../helpers/px-process.ts';
import { numbers } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { jobOf, newestJob, partlyDone, workersOf } from '../support/watch.ts';

const up = (px: Px) =>
  px.ok(['cluster', 'up', 'demo', '--provider', 'local', '--nodes', '2', '--cpus', '1']);

describe('collected files', () => {
  test('a node that is killed after its partitions succeeded loses none', async (t) => {
    const px = usePx(t);
    await up(px);
    px.write('lines.txt', numbers(60));
    const command = 'mkdir -p out; sleep 0.1; for x; do echo "made $x" > out/$x.txt; done';
    const words = [
      'run',
      `sh -c '${command}' sh`,
      '--cluster',
      'demo',
      '--args-file',
      'lines.txt',
      '-n',
      '2',
    ];
    const running = px.start([...words, '--collect', 'out/*.txt']);
    for (const share of [6, 16]) {
      await partlyDone(px, share);
      const [worker] = workersOf(px);
      assert.ok(worker);
      signal(worker.pid, 'SIGKILL');
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    for (let line = 1; line <= 60; line += 1) {
      assert.equal(readFileSync(join(px.project, 'out', `${line}.txt`), 'utf8'), `made ${line}\n`);
    }
  });

  test('two nodes with different content for one path keep both, and it is an error', async (t) => {
    const px = usePx(t);
    await up(px);
    const command = 'sleep 1; echo "$PX_NODE" > same.txt';
    const ended = await px.run([
      'run',
      command,
      '-p',
      '2',
      '--cluster',
      'demo',
      '--collect',
      'same.txt',
    ]);
    assert.notEqual(ended.status, 0);
    assert.match(ended.stderr, /same\.txt/);
    const names = readdirSync(px.project).filter((name) => name.startsWith('same.txt.px-'));
    assert.equal(names.length, 2, names.join(' '));
    for (const name of names) {
      assert.equal(
        readFileSync(join(px.project, name), 'utf8').trim(),
        name.replace('same.txt.px-', ''),
      );
    }
    assert.ok(!existsSync(join(px.project, 'same.txt')));
  });

  test('two nodes with the same content are one file', async (t) => {
    const px = usePx(t);
    await up(px);
    const words = ['run', 'sleep 1; echo same > same.txt', '-p', '2', '--cluster', 'demo'];
    await px.ok([...words, '--collect', 'same.txt']);
    assert.equal(readFileSync(join(px.project, 'same.txt'), 'utf8'), 'same\n');
  });

  test('a file that changed here since the submit is never overwritten', async (t) => {
    const px = usePx(t);
    px.write('kept.txt', 'at submit\n');
    px.write('taken.txt', 'at submit\n');
    const running = px.start([
      'run',
      'sleep 2; echo far > kept.txt; echo far > taken.txt',
      '--collect',
      '*.txt',
    ]);
    await until(
      'the job runs',
      async () => (await jobOf(px, (await newestJob(px)).id)).counters.leased > 0,
    );
    px.write('kept.txt', 'edited here\n');
    const ended = await running.ended();
    assert.match(ended.stderr, /kept\.txt/);
    assert.equal(readFileSync(join(px.project, 'kept.txt'), 'utf8'), 'edited here\n');
    assert.equal(readFileSync(join(px.project, 'taken.txt'), 'utf8'), 'far\n');
  });

  test('`job pull` brings home later what a detached job made', async (t) => {
    const px = usePx(t);
    const { stdout } = await px.ok([
      'run',
      'echo made > made.txt',
      '--detach',
      '--collect',
      'made.txt',
    ]);
    const id = stdout.toString().trim();
    await px.ok(['job', 'attach', id]);
    await px.ok(['job', 'pull', id]);
    assert.equal(readFileSync(join(px.project, 'made.txt'), 'utf8'), 'made\n');
  });
});

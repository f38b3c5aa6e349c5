// Several jobs, several commands, several shells at once.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { until } from '../../helpers/processes.ts';
import { usePx } from '../support/network.ts';
import { jobOf, newestJob } from '../support/watch.ts';

const local = (nodes: number, cpus: number) => [
  'cluster',
  'up',
  'demo',
  '--provider',
  'local',
  '--nodes',
  `${nodes}`,
  '--cpus',
  `${cpus}`,
];

describe('two jobs on one cluster', () => {
  test('they run first in, first out, and the second fills what the first leaves free', async (t) => {
    const px = usePx(t);
    await px.ok(local(1, 2));
    const submit = async (command: string, ...args: string[]) => {
      const words = ['run', command, '--cluster', 'demo', '--detach', ...args];
      return (await px.ok(words)).stdout.toString().trim();
    };
    const first = await submit('sleep 3', '-p', '1');
    const second = await submit('sleep 0.1', '-p', '4');
    const third = await submit('sleep 0.1', '-p', '4');
    for (const id of [first, second, third])
      await px.ok(['job', 'attach', id], { timeoutMs: 30_000 });
    const [a, b, c] = await Promise.all([first, second, third].map((id) => jobOf(px, id)));
    assert.ok(a && b && c);
    assert.ok((b.endedAt ?? 0) < (a.endedAt ?? 0), 'the second ended while the first still ran');
    assert.ok((b.endedAt ?? 0) <= (c.endedAt ?? 0), 'the third waited for the second');
  });
});

describe('commands at the same time', () => {
  test('px commands that all start the embedded server start one', async (t) => {
    const px = usePx(t);
    const all = await Promise.all(Array.from({ length: 6 }, () => px.run(['run', 'echo ok'])));
    for (const { status, stdout, stderr } of all) {
      assert.equal(status, 0, stderr);
      assert.equal(stdout.toString(), 'ok\n');
    }
    // Who came too late ends by itself, a moment after it was started.
    const servers = () =>
      px
        .processes()
        .filter(({ command }) => /control-plane\/node\.(ts|js)/.test(command))
        .map(({ pid }) => pid);
    await until('one server is left', () => servers().length === 1);
    assert.deepEqual(servers(), [px.server().pid]);
    assert.equal((await px.api().call('jobs', { query: { limit: 100 } })).items.length, 6);
  });

  test('each job gets the PATH and the environment of its shell', async (t) => {
    const px = usePx(t);
    const shell = (name: string) => {
      const bin = join(px.folder, name);
      mkdirSync(bin);
      writeFileSync(join(bin, 'tool'), `#!/bin/sh\necho "${name} $COLOUR"\n`);
      chmodSync(join(bin, 'tool'), 0o755);
      return px.ok(['run', 'tool'], {
        env: { PATH: `${bin}:${px.env.PATH}`, COLOUR: `${name}-colour` },
      });
    };
    const [red, blue] = await Promise.all([shell('red'), shell('blue')]);
    assert.equal(red.stdout.toString(), 'red red-colour\n');
    assert.equal(blue.stdout.toString(), 'blue blue-colour\n');
  });

  test('a running job is untouched by later edits', async (t) => {
    const px = usePx(t);
    px.write('word.txt', 'old\n');
    const running = px.start(['run', 'sleep 1; cat word.txt', '-p', '4']);
    await newestJob(px);
    px.write('word.txt', 'new\n');
    const ended = await running.ended();
    assert.equal(ended.stdout.toString(), 'old\n'.repeat(4));
  });
});

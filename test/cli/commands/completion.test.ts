import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { registry } from '../../../cli/commands/registry.ts';
import { runPx, tempDir } from '../../helpers/run-px.ts';

/** What bash would offer behind the words typed so far; the last one is the one at the cursor. */
const completed = async (folder: string, words: readonly string[]): Promise<string[]> => {
  const { stdout: script } = await runPx('completion bash');
  writeFileSync(join(folder, 'px.bash'), script);
  const typed = words.map((word) => `'${word}'`).join(' ');
  const ask = `
    source ./px.bash
    COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}
    _px
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '--noprofile', '-c', ask], {
    cwd: folder,
    env: { PATH: `${folder}:${process.env.PATH}`, HOME: folder },
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout.split('\n').filter((line) => line !== '');
};

/** A px that knows one cluster and two jobs, and a server.json that says somebody serves. */
const fakePx = (folder: string): void => {
  writeFileSync(
    join(folder, 'px'),
    '#!/bin/sh\ncase $1 in cluster) echo demo;; job) printf "j1\\nj22\\n";; esac\n',
  );
  chmodSync(join(folder, 'px'), 0o755);
  mkdirSync(join(folder, '.px'));
  writeFileSync(join(folder, '.px/server.json'), '{}');
};

describe('completion in bash', () => {
  const CASES: readonly [title: string, words: string[], expected: string[]][] = [
    ['completes the first word', ['px', 'clus'], ['cluster']],
    ['completes the verb', ['px', 'job', 'c'], ['cancel']],
    ['sees past global options', ['px', '--json', 'server', 'st'], ['start', 'stop', 'status']],
    ['completes options', ['px', 'cluster', 'up', '--d'], ['--dry-run']],
    ['completes words of an option', ['px', 'run', 'x', '--output', 'f'], ['final']],
    ['completes --option=value', ['px', 'run', '--output', '=', 'l'], ['live']],
    ['completes shells', ['px', 'completion', ''], ['bash', 'zsh', 'fish']],
    ['leaves the words behind -- alone', ['px', 'cluster', 'exec', 'demo', '--', 'ru'], []],
  ];
  for (const [title, words, expected] of CASES) {
    test(title, async (t) => assert.deepEqual(await completed(tempDir(t), words), expected));
  }

  test('completes names of clusters and ids of jobs', async (t) => {
    const folder = tempDir(t);
    fakePx(folder);
    assert.deepEqual(await completed(folder, ['px', 'cluster', 'down', '']), ['demo']);
    assert.deepEqual(await completed(folder, ['px', 'run', '--cluster', 'd']), ['demo']);
    assert.deepEqual(await completed(folder, ['px', 'job', 'show', 'j2']), ['j22']);
  });

  test('completes files with blanks in their names', async (t) => {
    const folder = tempDir(t);
    writeFileSync(join(folder, 'my lines.txt'), '');
    assert.deepEqual(await completed(folder, ['px', 'run', '--args-file', 'my']), ['my lines.txt']);
  });

  test('starts no control plane where none runs', async (t) => {
    const folder = tempDir(t);
    writeFileSync(join(folder, 'px'), '#!/bin/sh\ntouch started\n');
    chmodSync(join(folder, 'px'), 0o755);
    assert.deepEqual(await completed(folder, ['px', 'job', 'show', '']), []);
    assert.notEqual(spawnSync('ls', ['started'], { cwd: folder }).status, 0);
  });
});

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the script of ${shell} knows every command`, async () => {
    const { stdout, status } = await runPx(`completion ${shell}`);
    assert.equal(status, 0);
    for (const { path } of registry) assert.ok(stdout.includes(path.join(' ')), path.join(' '));
  });
}

test('a shell that px does not know is refused with those that it does', async () => {
  const { stderr, status } = await runPx('completion csh');
  assert.equal(status, 125);
  assert.equal(
    stderr,
    '<px> Expected a shell (bash, zsh, fish), got `csh`.\n<px> source <(px completion bash)\n',
  );
});

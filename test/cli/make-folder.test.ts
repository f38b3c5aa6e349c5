import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../cli/make-folder.ts';
import { runPx, tempDir } from '../helpers/run-px.ts';

test('folders on the way are made with their mode, and one that is there is left alone', (t) => {
  const path = join(tempDir(t), 'a/b');
  makeFolder(path, 0o700);
  makeFolder(path);
  for (const folder of [path, join(path, '..')]) {
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  }
});

test('a file on the way is told in the words of the system', (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  assert.throws(() => makeFolder(join(file, 'below')), { code: 'ENOTDIR' });
});

test('a PX_HOME where no folder can be made is an error at once', async (t) => {
  // In /proc a new folder is answered ENOENT though its parent is there.
  for (const home of ['/proc/nope', '/dev/null/home']) {
    const options = { cwd: tempDir(t), env: { PX_HOME: home } };
    for (const words of ['job ls', 'run true', 'server start']) {
      const { status, stderr } = await runPx(words, options);
      assert.equal(status, 125, words);
      assert.match(stderr, /^<px> PX_HOME cannot be written: E[A-Z]+: .+\n<px> export PX_HOME=/);
    }
    assert.equal((await runPx('doctor', options)).status, 125);
  }
});

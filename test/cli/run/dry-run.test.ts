import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { runPx, tempDir } from '../../helpers/run-px.ts';

test('a dry run plans for what stdin is, without reading any of it', async (t) => {
  const cwd = tempDir(t);
  const env = { PX_HOME: tempDir(t) };
  const at = (name: string) => join(cwd, name);
  execFileSync('mkfifo', [at('pipe')]);
  writeFileSync(at('lines'), 'a\nb\n');
  writeFileSync(at('empty'), '');
  const planOf = async (path: string): Promise<string[]> => {
    const fd = openSync(path, constants.O_RDWR);
    t.after(() => closeSync(fd));
    const unread = new Readable({ read: () => assert.fail('it was read') });
    const stdin = Object.assign(unread, { fd }) as unknown as NodeJS.ReadStream & { fd: 0 };
    const { status, stdout, stderr } = await runPx('run cat --dry-run --json', { cwd, env, stdin });
    assert.equal(status, 0, stderr);
    const { input, cut } = JSON.parse(stdout);
    return [input.kind, cut.mode];
  };
  assert.deepEqual(await planOf(at('pipe')), ['stdin', 'auto']);
  assert.deepEqual(await planOf(at('lines')), ['stdin', 'auto']);
  assert.deepEqual(await planOf(at('empty')), ['none', 'static']);
  assert.deepEqual(await planOf('/dev/null'), ['none', 'static']);
});

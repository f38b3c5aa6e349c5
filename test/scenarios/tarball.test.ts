import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
/** npm fetches some twenty packages: a limit against a hang. */
const LIMIT_MS = 240_000;

test('the packed tarball installs elsewhere and runs an example from plain JavaScript', (t) => {
  const base = mkdtempSync(join(tmpdir(), 'px-tarball-'));
  const home = join(base, 'home');
  // The Node that runs this test, as a user's own would be: not the checkout's launcher. npm keeps
  // its settings (a mirror, certificates); Node's test runner must not reach into its children.
  const outer = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS|NODE_TEST|PX_)/.test(name),
  );
  const env = {
    ...Object.fromEntries(outer),
    PX_HOME: home,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  };
  const run = (cwd: string, command: string, ...args: string[]) => {
    const result = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: LIMIT_MS });
    assert.equal(result.status, 0, `${command} ${args.join(' ')}\n${result.stderr}`);
    return result.stdout;
  };
  const app = join(base, 'app');
  const px = join(app, 'node_modules', '.bin', 'px');
  t.after(() => {
    spawnSync(px, ['server', 'stop', '--force'], { env });
    rmSync(base, { recursive: true, force: true });
  });

  mkdirSync(app);
  run(ROOT, 'npm', 'pack', '--silent', '--pack-destination', base);
  const [tarball = ''] = readdirSync(base).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(app, 'package.json'), '{"private": true}');
  run(app, 'npm', 'install', '--no-audit', '--no-fund', join(base, tarball));
  const installed = join(app, 'node_modules', '@px-cloud', 'px');
  assert.deepEqual(
    readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    ),
    [],
  );

  const help = spawnSync(process.execPath, [join(installed, 'dist/worker.mjs')], { input: '\n' });
  assert.match(String(help.stderr), /Expected one line of JSON/, 'the worker that travels runs');

  const example = join(base, 'wordcount');
  cpSync(join(ROOT, 'examples', 'wordcount'), example, { recursive: true });
  const counts = run(example, px, 'run', 'sh count.sh', '--stdin-file', 'book.txt');
  const words = counts
    .trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split(' ')[0]), 0);
  const book = readFileSync(join(example, 'book.txt'), 'utf8');
  assert.equal(words, book.split(/\s+/).filter(Boolean).length);
});

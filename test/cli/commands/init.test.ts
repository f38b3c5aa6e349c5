import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parsePxYaml } from '../../../cli/config/parse-px-yaml.ts';
import { runPx, tempDir } from '../../helpers/run-px.ts';

const initIn = async (folder: string, ...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), '');
  const result = await runPx('init', { cwd: folder });
  assert.equal(result.status, 0, result.stderr);
  const text = readFileSync(join(folder, 'px.yaml'));
  return { ...result, text: text.toString(), config: await parsePxYaml(text, 'px.yaml') };
};

const CASES: readonly [names: string[], setup: RegExp][] = [
  [['package.json', 'package-lock.json'], /npm ci/],
  [['package.json'], /npm install/],
  [['package.json', 'pnpm-lock.yaml'], /pnpm install --prod --frozen-lockfile/],
  [['requirements.txt', 'pyproject.toml'], /pip install --target packages -r requirements\.txt/],
  [['pyproject.toml'], /pip install --target packages \./],
  [['go.mod', 'Makefile'], /go build/],
  [['Cargo.toml'], /cargo build --release/],
  [['Gemfile'], /bundle install/],
  [['composer.json'], /composer install/],
  [['Makefile'], /^make$/m],
];

describe('px init writes the setup of', () => {
  for (const [names, setup] of CASES) {
    test(names.join(' and '), async (t) => {
      const { config } = await initIn(tempDir(t), ...names);
      assert.match(config.setup ?? '', setup);
      // Naming the file makes the setup run again when it changes.
      assert.ok(names.some((name) => config.setup?.includes(name)));
    });
  }

  test('several ecosystems, each once, stopping at the first that fails', async (t) => {
    const { config, stderr } = await initIn(
      tempDir(t),
      'package.json',
      'requirements.txt',
      'Makefile',
    );
    assert.match(config.setup ?? '', /^set -e\n.*npm install.*pip install/s);
    assert.doesNotMatch(config.setup ?? '', /make/);
    assert.deepEqual(config.env, { PYTHONPATH: 'packages' });
    assert.match(stderr, /Found \[package\.json\]/);
  });

  test('nothing, where there is nothing to install', async (t) => {
    const { config, stderr, stdout } = await initIn(tempDir(t));
    assert.deepEqual(config, {});
    assert.equal(stdout, '');
    assert.match(stderr, /<px> Wrote \[px\.yaml\]\. Try it: px run 'echo hello'\n$/);
  });
});

test('what it comments out is accepted too', async (t) => {
  const { text } = await initIn(tempDir(t));
  const uncommented = text
    .split('\n')
    .filter(
      (line) => !/^# [A-Z].*|^# include:.*|^#$/.test(line) || /^# (secrets|include)/.test(line),
    )
    .map((line) => line.replace(/^# /, ''))
    .filter((line) => !/^(px: what|include and|It runs)/.test(line))
    .join('\n');
  const config = await parsePxYaml(Buffer.from(uncommented), 'px.yaml');
  assert.deepEqual(Object.keys(config).sort(), [
    ...['cluster', 'collect', 'env', 'exclude', 'include', 'run', 'secrets', 'setup'],
  ]);
});

test('a px.yaml that is there stays, unless --force', async (t) => {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'px.yaml'), 'setup: mine\n');
  const refused = await runPx('init', { cwd: folder });
  assert.equal(refused.status, 125);
  assert.equal(
    refused.stderr,
    '<px> There is a px.yaml here already.\n<px> Overwrite it: px init --force\n',
  );
  assert.equal(readFileSync(join(folder, 'px.yaml'), 'utf8'), 'setup: mine\n');
  assert.equal((await runPx('init --force', { cwd: folder })).status, 0);
  assert.match(readFileSync(join(folder, 'px.yaml'), 'utf8'), /^# px/);
});

test('a dangling link counts as a px.yaml', async (t) => {
  const folder = tempDir(t);
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'px.yaml'));
  assert.equal((await runPx('init', { cwd: folder })).status, 125);
});

test('--json says what was found', async (t) => {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'go.mod'), '');
  const { stdout } = await runPx('init --json', { cwd: folder });
  assert.deepEqual(JSON.parse(stdout), {
    path: join(folder, 'px.yaml'),
    found: ['go.mod'],
    env: {},
  });
});

test("a directory's name becomes a name for a cluster", async (t) => {
  const folder = tempDir(t);
  const names = ['jpg', 'My Thesis (2)', '2024-data', 'local', '日本', 'x'.repeat(60)];
  const found: (string | undefined)[] = [];
  for (const name of names) {
    mkdirSync(join(folder, name));
    const { text } = await initIn(join(folder, name));
    found.push(/^# {3}name: (.*)$/m.exec(text)?.[1]);
  }
  assert.deepEqual(found, [
    'jpg',
    'my-thesis-2',
    'data',
    'my-cluster',
    'my-cluster',
    'x'.repeat(40),
  ]);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parsePxYaml } from '../../../cli/config/parse-px-yaml.ts';
import { PxError } from '../../../protocol/errors.ts';

const parse = (text: string) => parsePxYaml(Buffer.from(text), 'px.yaml');

const problems = async (text: string | Buffer): Promise<string[]> => {
  const error = await parsePxYaml(Buffer.from(text), 'px.yaml').then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PxError, 'it was accepted');
  assert.equal(error.code, 'bad_config');
  return error.message.split('\n');
};

const TOP_KEYS = 'cluster, mounts, setup, env, secrets, include, exclude, collect, run, schedules';

const WRONG: readonly [title: string, text: string, ...expected: string[]][] = [
  [
    'a size',
    'cluster:\n  memory_per_node: 8 apples\n',
    'px.yaml:2:20: cluster.memory_per_node: Expected a size like 8GB, got `8 apples` (string).',
  ],
  [
    'a size of nothing',
    'cluster: {disk_per_node: 0}',
    'px.yaml:1:26: cluster.disk_per_node: Expected a size like 8GB, got `0` (number).',
  ],
  [
    'a duration',
    'cluster: {idle_timeout: soon}',
    'px.yaml:1:25: cluster.idle_timeout: Expected a duration like 15m, got `soon` (string).',
  ],
  [
    'no nodes',
    'cluster: {nodes: 0}',
    'px.yaml:1:18: cluster.nodes: Expected 1 or more, got `0` (number).',
  ],
  [
    'half a cpu',
    'cluster: {cpus_per_node: 1.5}',
    'px.yaml:1:26: cluster.cpus_per_node: Expected a whole number, got `1.5` (number).',
  ],
  [
    'a number in quotes',
    'cluster: {nodes: "2"}',
    'px.yaml:1:18: cluster.nodes: Expected a number, got `2` (string).',
  ],
  [
    'a cost of nothing',
    'cluster: {max_cost: 0}',
    'px.yaml:1:21: cluster.max_cost: Expected a number above 0, got `0` (number).',
  ],
  [
    'a name',
    'cluster: {name: My Cluster}',
    'px.yaml:1:17: cluster.name: Expected a name like jpg or my-cluster-2, got `My Cluster` (string).',
  ],
  [
    'the reserved name',
    'cluster: {name: local}',
    'px.yaml:1:17: cluster.name: Expected another name: `local` is reserved for this machine, got `local` (string).',
  ],
  [
    'a misspelt provider in a list',
    'cluster:\n  provider: [aws, gpc]\n',
    'px.yaml:2:19: cluster.provider[1]: Expected gcp, aws, azure, digitalocean, ssh or local, got `gpc` (string). Did you mean `gcp`?',
  ],
  [
    'a yes of YAML 1.1',
    'cluster: {spot: yes}',
    'px.yaml:1:17: cluster.spot: Expected true, false or prefer, got `yes` (string).',
  ],
  [
    'a misspelt section',
    'clutser: {}',
    'px.yaml:1:1: clutser: Expected a key that px knows, got `clutser`. Did you mean `cluster`?',
  ],
  [
    'a key that is like none',
    'zzz: 1',
    `px.yaml:1:1: zzz: Expected a key that px knows, got \`zzz\`. Known here: ${TOP_KEYS}.`,
  ],
  [
    'a key in the wrong section',
    'run:\n  cpus: 2\n',
    'px.yaml:2:3: run.cpus: Expected a key that px knows, got `cpus`. Known here: parallel, partitions, batch, order, retries, crash_retries, timeout, halt, tag, output, args_file, stdin_file, files, joblog, bundle_limit.',
  ],
  ['an empty section', 'setup:\nrun: {}', 'px.yaml:1:7: setup: Expected a text, got nothing.'],
  [
    'a list for a map',
    'cluster: [a]',
    'px.yaml:1:10: cluster: Expected a map of keys, got a list.',
  ],
  [
    'a halt of no failures',
    'run: {halt: "soon,fail=0"}',
    'px.yaml:1:13: run.halt: Expected never, soon or now, as in `soon,fail=3` or `now,fail=10%`, got `soon,fail=0` (string).',
  ],
  [
    'two inputs',
    'run:\n  files: "*.jpg"\n  args_file: a.txt\n',
    'px.yaml:2:3: run.files: Expected at most one input, got `files` beside `args_file`.',
  ],
  [
    'a variable name',
    'env:\n  A B: x\n',
    'px.yaml:2:3: env.A B: Expected a variable name like API_KEY, got `A B`.',
  ],
  [
    'a map as a variable, without its content',
    'env:\n  TOKEN: {secret: hunter2}\n',
    'px.yaml:2:10: env.TOKEN: Expected a text, a number, true or false, got a map.',
  ],
  [
    'a cron line and a time zone',
    "schedules:\n  n: {cron: often, timezone: Mars/Base, run: 'true'}\n",
    'px.yaml:2:13: schedules.n.cron: Expected a cron line like 0 3 * * *, got `often` (string).',
    'px.yaml:2:30: schedules.n.timezone: Expected a time zone like Europe/Berlin, got `Mars/Base` (string).',
  ],
  [
    'a mount at the top level, at its own place',
    'setup: x\n/bucket:\n  source: gs://b\n  mode: rx\n',
    'px.yaml:4:9: mounts./bucket.mode: Expected ro or rw, got `rx` (string). Did you mean `ro`?',
  ],
  [
    'a mount without its source',
    '/bucket:\n  store: gcs\n',
    'px.yaml:1:1: mounts./bucket.source: Expected a text, got nothing.',
  ],
  [
    'a mount in both spellings',
    'mounts:\n  /b: {source: gs://a}\n/b: {source: gs://b}\n',
    'px.yaml:3:1: /b: Expected each mount once, got it under `mounts` too.',
  ],
  [
    'mounts that are no map beside a mount',
    'mounts: 3\n/b: {source: gs://b}\n',
    'px.yaml:1:9: mounts: Expected a map of keys, got `3` (number).',
  ],
  [
    'a relative mount',
    'mounts:\n  b: {source: gs://b}\n',
    'px.yaml:2:3: mounts.b: Expected an absolute path like /bucket, got `b`.',
  ],
  [
    'a key twice, and what else is wrong, in the order of the file',
    'cluster:\n  nodes: 2\n  nodes: 3\n  cpu: 1\nsecrets: [1x]\n',
    'px.yaml:3:3: Expected each key once, got `nodes` again.',
    'px.yaml:4:3: cluster.cpu: Expected a key that px knows, got `cpu`. Did you mean `cpus_per_node`?',
    'px.yaml:5:11: secrets[0]: Expected a variable name like API_KEY, got `1x` (string).',
  ],
  ['a list as the file', '- a\n', 'px.yaml:1:1: Expected a map of keys, got a list.'],
  ['a text as the file', 'hello', 'px.yaml:1:1: Expected a map of keys, got a text.'],
  [
    'a second document',
    'setup: x\n---\nsetup: y\n',
    'px.yaml:2:1: Expected one document, got a second one behind a line of `---`.',
  ],
  [
    'globs that leave the project',
    'include: [/etc/passwd]\ncollect: [out, a/../../b]\n',
    'px.yaml:1:11: include[0]: Expected a glob inside the project, such as out/*.png, got `/etc/passwd` (string).',
    'px.yaml:2:16: collect[1]: Expected a glob inside the project, such as out/*.png, got `a/../../b` (string).',
  ],
  ['a tag', 'setup: !run x', 'px.yaml:1:8: Expected YAML. Unresolved tag: !run'],
];

describe('px.yaml is refused for', () => {
  for (const [title, text, ...expected] of WRONG) {
    test(title, async () => assert.deepEqual(await problems(text), expected));
  }

  test('syntax errors, with the line', async () => {
    const [first] = await problems('cluster:\n  nodes: [1,\n  cpus: 2\n');
    assert.match(first ?? '', /^px\.yaml:\d+:\d+: Expected YAML\. /);
  });

  test('bytes that are no UTF-8', async () =>
    assert.deepEqual(await problems(Buffer.from([0x61, 0xff])), [
      'px.yaml:1:1: Expected UTF-8 text, got other bytes.',
    ]));

  test('an alias bomb', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) =>
        `l${i}: &l${i} [${
          i === 0
            ? 'x'
            : Array(9)
                .fill(`*l${i - 1}`)
                .join(', ')
        }]`,
    );
    const [first] = await problems(levels.join('\n'));
    assert.match(first ?? '', /^px\.yaml:1:1: Expected YAML\. Excessive alias count/);
  });
});

test('sizes are bytes and durations milliseconds', async () => {
  const config = await parse(
    'cluster: {memory_per_node: 8GB, disk_per_node: 50GiB, idle_timeout: 0, max_lifetime: 1h30m}',
  );
  assert.deepEqual(config.cluster, {
    memory_per_node: 8 * 2 ** 30,
    disk_per_node: 50 * 2 ** 30,
    idle_timeout: 0,
    max_lifetime: 90 * 60_000,
  });
});

test('an empty file, a comment and a mount in either spelling are accepted', async () => {
  assert.deepEqual(await parse(''), {});
  assert.deepEqual(await parse('# nothing\n'), {});
  const nested = await parse('mounts:\n  /b: {source: gs://b}\n');
  assert.deepEqual(await parse('/b: {source: gs://b}\n'), nested);
});

test('what was found is shown as it was written', async () => {
  assert.deepEqual(await problems('cluster: {nodes: 0x0}'), [
    'px.yaml:1:18: cluster.nodes: Expected 1 or more, got `0x0` (number).',
  ]);
});

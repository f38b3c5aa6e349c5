import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { parseWords } from '../../../cli/parse.ts';
import { namedCluster } from '../../../cli/run/choose-cluster.ts';
import { readCommand } from '../../../cli/run/command-words.ts';
import { jobEnvironment } from '../../../cli/run/environment.ts';
import { envFlags, halt } from '../../../cli/run/flag-values.ts';
import { chooseCut, readFlags } from '../../../cli/run/flags.ts';
import { chooseInput } from '../../../cli/run/input-choice.ts';
import { RUN_OPTIONS } from '../../../cli/run/options.ts';
import { templateOf } from '../../../cli/run/template-words.ts';
import { chooseViews } from '../../../cli/run/views.ts';
import type { Command } from '../../../protocol/messages/jobs.ts';

const parse = (...words: string[]) => parseWords(words, RUN_OPTIONS, 'px run');

const sourceOf = (command: Command): string => {
  assert.equal(command.kind, 'shell');
  return command.kind === 'shell' ? Buffer.from(command.source, 'base64').toString() : '';
};

describe('flags of px run', () => {
  it('have the defaults of the contract', () => {
    const flags = readFlags(parse('true'), {});
    assert.deepEqual(flags.limits, {
      retries: 0,
      crashRetries: 2,
      timeoutMs: null,
      halt: { when: 'never', fail: { count: 1 } },
    });
    assert.deepEqual(
      [flags.parallel, flags.order, flags.tag, flags.output],
      [null, false, false, undefined],
    );
  });

  it('win over px.yaml, which wins over the defaults', () => {
    const run = { parallel: 3, retries: 1, timeout: 5000, halt: 'soon' as const, order: true };
    const flags = readFlags(parse('true', '-p', '8', '--timeout', '1m'), run);
    assert.deepEqual(
      [flags.parallel, flags.limits.retries, flags.limits.timeoutMs],
      [8, 1, 60_000],
    );
    assert.deepEqual([flags.order, flags.limits.halt.when], [true, 'soon']);
  });

  for (const [flag, value] of [
    ['--parallel', '0'],
    ['--batch', '1.5'],
    ['--retries', '-1'],
    ['--timeout', 'soon'],
    ['--timeout', '9999999999h'],
    ['--collect', '../x'],
    ['--collect', '/etc/passwd'],
    ['--halt', 'now,fail=0'],
    ['--halt', 'never,fail=1'],
    ['--partitions', 'some'],
    ['--output', 'later'],
    ['--bundle-limit', 'much'],
  ] as const) {
    it(`refuse ${flag}=${value} by name`, () => {
      assert.throws(
        () => readFlags(parse('true', `${flag}=${value}`), {}),
        (error: unknown) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, new RegExp(`${flag}, got .*${value}`));
          return true;
        },
      );
    });
  }

  it('are one cut: -n and --partitions static contradict each other, and words win', () => {
    const cutOf = (words: string[], run: Parameters<typeof readFlags>[1] = {}) => {
      const { batch, partitions } = readFlags(parse('true', ...words), run);
      return [batch, partitions];
    };
    assert.throws(() => cutOf(['-n', '5', '--partitions', 'static']), {
      code: 'bad_request',
      message: /^Expected one cut, got two: -n .* --partitions static/,
    });
    assert.deepEqual(cutOf(['-n', '1000000'], {}), [1_000_000, undefined]);
    assert.throws(() => cutOf([], { batch: 5, partitions: 'static' }), { code: 'bad_request' });
    assert.deepEqual(cutOf(['-n', '5', '--partitions', 'auto']), [5, 'auto']);
    assert.deepEqual(cutOf(['-n', '5'], { partitions: 'static' }), [5, undefined]);
    assert.deepEqual(cutOf(['--partitions', 'static'], { batch: 5 }), [undefined, 'static']);
    assert.deepEqual(cutOf([], { batch: 5 }), [5, undefined]);
  });

  it('read a halt by number and by share', () => {
    assert.deepEqual(halt('halt', 'soon,fail=3'), { when: 'soon', fail: { count: 3 } });
    assert.deepEqual(halt('halt', 'now,fail=10%'), { when: 'now', fail: { percent: 10 } });
  });

  it('refuse a name that no list could show, by its length', () => {
    assert.equal(readFlags(parse('true', '--name', 'x'.repeat(200)), {}).name?.length, 200);
    assert.throws(() => readFlags(parse('true', '--name', 'x'.repeat(5000)), {}), {
      code: 'bad_request',
      message: 'Expected at most 200 characters for --name, got 5000.',
    });
  });

  it('take --env from the words, or by name from here', () => {
    assert.deepEqual(envFlags(['A=1=2', 'B', 'C='], { B: 'here' }), { A: '1=2', B: 'here', C: '' });
    assert.throws(() => envFlags(['B'], {}), { code: 'bad_request' });
    assert.throws(() => envFlags(['1A=x'], {}), { code: 'bad_request' });
  });
});

test('the cut follows from the flags, else from the input', () => {
  const args = { kind: 'args', template: false } as const;
  const none = { batch: undefined, partitions: undefined };
  assert.deepEqual(chooseCut(none, args), { mode: 'static' });
  assert.deepEqual(chooseCut(none, { kind: 'stdin', template: false }), { mode: 'auto' });
  assert.deepEqual(chooseCut(none, { kind: 'args', template: true }), { mode: 'batch', size: 1 });
  assert.deepEqual(chooseCut({ ...none, partitions: 'auto' }, args), { mode: 'auto' });
  assert.deepEqual(chooseCut({ batch: 7, partitions: 'auto' }, args), { mode: 'batch', size: 7 });
  assert.deepEqual(chooseCut({ batch: 7, partitions: 'auto' }, { kind: 'none', template: false }), {
    mode: 'static',
  });
});

describe('the command', () => {
  it('is one shell string', () => {
    const { command, text } = readCommand(parse('echo "a b"'));
    assert.deepEqual([sourceOf(command), text], ['echo "a b"', 'echo "a b"']);
  });

  it('is an argv behind --', () => {
    const { command, text } = readCommand(parse('--', 'printf', '%s\n', '-x'));
    assert.equal(command.kind, 'argv');
    assert.equal(text, "printf '%s\n' -x");
  });

  it('of several words is refused with the quoted one', () => {
    assert.throws(() => readCommand(parse('echo', 'a', '$b')), {
      code: 'bad_request',
      hint: "Quote it: px run 'echo a $b'",
    });
    assert.throws(() => readCommand(parse()), { code: 'bad_request' });
  });

  it('is a template where a mark stands in it', () => {
    const shell = parse('gzip {} > {.}.gz');
    assert.equal(templateOf(readCommand(shell), shell).template, '{}');
    const plain = parse('gzip');
    assert.equal(templateOf(readCommand(plain), plain).template, null);
    const own = parse('gzip @', '-I', '@');
    assert.equal(templateOf(readCommand(own), own).template, '@');
    const absent = parse('gzip', '-I', '@');
    assert.throws(() => templateOf(readCommand(absent), absent), { code: 'bad_request' });
  });

  it('of an argv keeps its words and bares its marks', () => {
    const words = parse('--', 'cp', "it's {}", '{/.}.bak', '{}', '$HOME');
    const { command, template } = templateOf(readCommand(words), words);
    assert.equal(template, '{}');
    assert.equal(sourceOf(command), `'cp' 'it'\\''s '{} {/.}'.bak' {} '$HOME'`);
  });
});

describe('the input', () => {
  it('is at most one', () => {
    assert.throws(() => chooseInput(parse('x', '--args-file', 'a', '--stdin'), {}), {
      message: /--args-file and --stdin/,
    });
    assert.throws(() => chooseInput(parse('x', '--args-file', '-', '--no-stdin'), {}), {
      code: 'bad_request',
    });
  });

  it('comes from a flag, else from px.yaml, else perhaps from stdin', () => {
    const run = { args_file: 'lines' };
    assert.deepEqual(chooseInput(parse('x', '-0'), run), {
      kind: 'args',
      file: 'lines',
      separator: '\0',
    });
    assert.deepEqual(chooseInput(parse('x', '--files', '*.c'), run), {
      kind: 'files',
      glob: '*.c',
    });
    assert.deepEqual(chooseInput(parse('x'), {}), { kind: 'maybe-stdin' });
    assert.deepEqual(chooseInput(parse('x', '--no-stdin'), {}), { kind: 'none' });
  });
});

describe('the environment', () => {
  const env = { PATH: '/bin', PX_TOKEN: 'x', KEY: 'secret', EMPTY: undefined };

  it('is the whole one on local, and only what is named elsewhere', () => {
    const config = { env: { MODE: 'fast' } };
    assert.deepEqual(jobEnvironment('local', config, ['A=1'], env).env, {
      PATH: '/bin',
      KEY: 'secret',
      MODE: 'fast',
      A: '1',
    });
    assert.deepEqual(jobEnvironment('demo', config, ['A=1'], env).env, { MODE: 'fast', A: '1' });
  });

  it('holds secrets by name, and says which one is missing', () => {
    assert.deepEqual(jobEnvironment('demo', { secrets: ['KEY'] }, [], env).secrets, {
      KEY: 'secret',
    });
    assert.throws(() => jobEnvironment('demo', { secrets: ['OTHER'] }, [], env), {
      message: /OTHER/,
    });
  });
});

test('the cluster is that of the flag, of PX_CLUSTER, of px.yaml, in this order', () => {
  const config = { cluster: { name: 'c' } };
  assert.equal(namedCluster('a', { PX_CLUSTER: 'b' }, config), 'a');
  assert.equal(namedCluster(undefined, { PX_CLUSTER: 'b' }, config), 'b');
  assert.equal(namedCluster(undefined, { PX_CLUSTER: '' }, config), 'c');
  assert.equal(namedCluster(undefined, {}, {}), null);
  assert.throws(() => namedCluster('../x', {}, {}), { code: 'bad_request' });
});

test('live or final is decided for each stream', () => {
  const mixed = { stdoutTty: false, stderrTty: true };
  const flags = { output: undefined, order: false };
  assert.deepEqual(chooseViews(mixed, flags), { stdout: 'final', stderr: 'live' });
  assert.deepEqual(chooseViews(mixed, { ...flags, order: true }), {
    stdout: 'final',
    stderr: 'final',
  });
  assert.deepEqual(chooseViews(mixed, { ...flags, output: 'live' }), {
    stdout: 'live',
    stderr: 'live',
  });
});

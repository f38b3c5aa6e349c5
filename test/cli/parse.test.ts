import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Option } from '../../cli/command.ts';
import { parseWords } from '../../cli/parse.ts';
import { PxError } from '../../protocol/errors.ts';

const OPTIONS: readonly Option[] = [
  { name: 'cluster', value: 'NAME', summary: '' },
  { name: 'batch', short: 'n', value: 'N', summary: '' },
  { name: 'null', short: '0', summary: '' },
  { name: 'quiet', short: 'q', summary: '' },
  { name: 'env', value: 'K=V', many: true, summary: '' },
];

const parse = (...words: string[]) => parseWords(words, OPTIONS, 'px run');

const refusal = (...words: string[]): string => {
  try {
    parse(...words);
  } catch (error) {
    assert.ok(error instanceof PxError);
    assert.equal(error.code, 'bad_request');
    return `${error.message} ${error.hint}`;
  }
  return assert.fail('it was accepted');
};

test('values stay text: leading zeros and signs survive', () => {
  assert.equal(parse('--batch', '007').value('batch'), '007');
  assert.equal(parse('--batch=-5').value('batch'), '-5');
});

test('short options cluster, and the last of a cluster takes its value', () => {
  const parsed = parse('-q0n5', 'cmd');
  assert.deepEqual(
    [parsed.flag('quiet'), parsed.flag('null'), parsed.value('batch'), parsed.positionals],
    [true, true, '5', ['cmd']],
  );
});

test('options are options behind the command too', () => {
  const parsed = parse('python jpg.py', '--cluster=jpg', '-q');
  assert.deepEqual(parsed.positionals, ['python jpg.py']);
  assert.equal(parsed.value('cluster'), 'jpg');
});

test('words behind -- are the rest, whatever they look like', () => {
  const parsed = parse('-q', '--', 'ls', '--cluster', '--', '-x');
  assert.deepEqual(parsed.rest, ['ls', '--cluster', '--', '-x']);
  assert.deepEqual(parsed.positionals, []);
  assert.equal(parsed.value('cluster'), undefined);
  assert.equal(parse('a').rest, null);
  assert.deepEqual(parse('--').rest, []);
});

test('a repeated option keeps its values in order, and the last one counts', () => {
  const parsed = parse('--env', 'A=1', '--env=B=2', '--cluster', 'x', '--cluster', 'y');
  assert.deepEqual(parsed.values('env'), ['A=1', 'B=2']);
  assert.equal(parsed.value('cluster'), 'y');
});

test('a single dash and an empty word are values', () => {
  assert.equal(parse('--cluster', '-').value('cluster'), '-');
  assert.equal(parse('--cluster=').value('cluster'), '');
  assert.equal(parse('--cluster', '').value('cluster'), '');
});

const REFUSALS: readonly [title: string, words: string[], message: string][] = [
  [
    'an unknown option names the nearest one',
    ['--clutser', 'x'],
    'Unknown option --clutser. Did you mean --cluster? See: px run --help',
  ],
  ['an unknown option near none', ['--zzz'], 'Unknown option --zzz. See: px run --help'],
  ['an unknown short option', ['-qx'], 'Unknown option -x. See: px run --help'],
  [
    'a value that is missing',
    ['--cluster'],
    'Expected a value after --cluster (NAME), got nothing. See: px run --help',
  ],
  [
    'a value that looks like the next option',
    ['--cluster', '--quiet'],
    'Expected a value after --cluster (NAME), got `--quiet`. If that is meant, write: --cluster=--quiet',
  ],
  [
    'a value for a flag',
    ['--quiet=yes'],
    'Expected no value for --quiet, got `yes`. See: px run --help',
  ],
  [
    'names of the prototype are no options',
    ['--constructor'],
    'Unknown option --constructor. See: px run --help',
  ],
];

for (const [title, words, message] of REFUSALS) {
  test(`refused: ${title}`, () => assert.equal(refusal(...words), message));
}

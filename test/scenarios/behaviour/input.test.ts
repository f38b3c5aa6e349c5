// Odd input, held against xargs: what a process receives is byte for byte what the file holds.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Px } from '../../helpers/px-process.ts';
import { usePx } from '../support/network.ts';

const ARGUMENT_MAX_BYTES = 131_071;

// Prints each argument in hexadecimal, on a line of its own.
const SHOW = `for word; do printf %s "$word" | od -An -v -tx1 | tr -d ' \\n'; echo; done\n`;

const ODD_LINES = Buffer.concat(
  [
    'plain',
    'two words',
    '  leading and trailing  ',
    `it's "quoted" \\ back`,
    '$(touch injected)',
    '`touch injected`',
    '; touch injected #',
    '*',
    '?[a-z]',
    '-n',
    '--help',
    '-rf /',
    'tab\tin',
    'carriage return\r',
    '{}',
    '%s %d',
    '~',
    'a=b',
    'ünï çødé ✅',
    '',
    'after an empty line',
    '\x1b[31mred',
    '!history &background | pipe > file',
  ]
    .map((line) => Buffer.from(`${line}\n`))
    .concat([Buffer.from('invalid \xff\xfe\x80 utf-8\n', 'latin1')]),
);

const sortedLines = (bytes: Buffer) => bytes.toString('latin1').split('\n').sort();

const xargs = async (px: Px, words: readonly string[]): Promise<Buffer> => {
  const ended = await px
    .startProgram(['xargs', '-s', '1000000', ...words, 'sh', 'show.sh'])
    .ended();
  assert.equal(ended.status, 0, ended.stderr);
  return ended.stdout;
};

const withShow = (px: Px): void => {
  px.write('show.sh', SHOW);
};

describe('lines as arguments', () => {
  for (const [title, content] of [
    ['odd lines', ODD_LINES],
    ['no final newline', Buffer.from('one\ntwo\nthree')],
    ['one line', Buffer.from('one\n')],
    ['empty lines', Buffer.from('\n\n\nx\n\n')],
    [
      'an argument of the greatest length',
      Buffer.concat([Buffer.alloc(ARGUMENT_MAX_BYTES, 'y'), Buffer.from('\n')]),
    ],
  ] as const) {
    test(`the process gets what xargs gives: ${title}`, async (t) => {
      const px = usePx(t);
      withShow(px);
      px.write('lines', content);
      const expected = await xargs(px, ['-d', '\n', '-a', 'lines', '-n', '5']);
      for (const cut of [
        ['-n', '5'],
        ['-p', '3'],
        ['--partitions', 'auto'],
      ]) {
        const ended = await px.ok(['run', 'sh show.sh', '--args-file', 'lines', ...cut]);
        assert.deepEqual(sortedLines(ended.stdout), sortedLines(expected), cut.join(' '));
      }
      assert.ok(!existsSync(join(px.project, 'injected')));
    });
  }

  test('a line in place of {} is quoted, whatever it holds', async (t) => {
    const px = usePx(t);
    withShow(px);
    px.write('lines', ODD_LINES);
    const expected = await xargs(px, ['-d', '\n', '-a', 'lines', '-n', '1']);
    const ended = await px.ok(['run', 'sh show.sh {}', '--args-file', 'lines']);
    assert.deepEqual(sortedLines(ended.stdout), sortedLines(expected));
    const find = await px.ok(['run', 'find . -name "injected*"']);
    assert.equal(find.stdout.toString(), '');
  });

  test('names separated by NUL may hold newlines', async (t) => {
    const px = usePx(t);
    withShow(px);
    px.write('names', 'with\nnewline\0two words\0\n\0last without an end');
    const expected = await xargs(px, ['-0', '-a', 'names', '-n', '1']);
    const ended = await px.ok(['run', 'sh show.sh', '-0', '--args-file', 'names', '-n', '1']);
    assert.deepEqual(sortedLines(ended.stdout), sortedLines(expected));
  });

  test('lines come from stdin with --args-file -', async (t) => {
    const px = usePx(t);
    withShow(px);
    px.write('lines', ODD_LINES);
    const expected = await xargs(px, ['-d', '\n', '-a', 'lines', '-n', '1']);
    const ended = await px.ok(['run', 'sh show.sh', '--args-file', '-', '-n', '1'], {
      stdin: ODD_LINES,
    });
    assert.deepEqual(sortedLines(ended.stdout), sortedLines(expected));
  });

  test('an empty file is a success without a partition, and says so', async (t) => {
    const px = usePx(t);
    px.write('lines', '');
    const ended = await px.ok(['run', 'echo ran', '--args-file', 'lines']);
    assert.equal(ended.stdout.toString(), '');
    assert.match(ended.stderr, /empty|0 inputs|no input/i);
  });

  test('more processes than lines are as many processes as lines', async (t) => {
    const px = usePx(t);
    px.write('lines', 'a\nb\nc\n');
    const ended = await px.ok(['run', 'echo "$PX_PARTITIONS"', '--args-file', 'lines', '-p', '8']);
    assert.deepEqual(
      ended.stdout
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0]),
      ['3', '3', '3'],
    );
  });

  for (const [title, line] of [
    ['a line that is too long for an argument', Buffer.alloc(ARGUMENT_MAX_BYTES + 1, 'y')],
    ['a line with a NUL', Buffer.from('a\0b')],
  ] as const) {
    test(`refused with its number and what to do: ${title}`, async (t) => {
      const px = usePx(t);
      px.write('lines', Buffer.concat([Buffer.from('one\ntwo\n'), line, Buffer.from('\nfour\n')]));
      for (const cut of [
        ['-n', '1'],
        ['-p', '2'],
      ]) {
        const ended = await px.run(['run', 'echo ran', '--args-file', 'lines', ...cut]);
        assert.equal(ended.status, 125, cut.join(' '));
        assert.match(ended.stderr, /line 3\b/i);
        assert.match(ended.stderr, /--stdin-file/);
      }
    });
  }

  test('more arguments than one process takes are refused, and cut by themselves with auto', async (t) => {
    const px = usePx(t);
    const line = 'z'.repeat(100);
    const count = 100_000;
    px.write('lines', `${line}\n`.repeat(count));
    const refused = await px.run(['run', 'echo $#', '--args-file', 'lines', '-p', '1']);
    assert.equal(refused.status, 125, refused.stderr);
    assert.match(refused.stderr, /auto|-n|--stdin-file/);
    const counting = `sh -c 'echo $#' sh`;
    const ended = await px.ok(['run', counting, '--args-file', 'lines', '--partitions', 'auto']);
    const sum = ended.stdout
      .toString()
      .trim()
      .split('\n')
      .reduce((all, part) => all + Number(part), 0);
    assert.equal(sum, count);
  });
});

describe('lines on stdin', () => {
  const megabyte = Buffer.concat([Buffer.alloc(1_000_000, 'm'), Buffer.from('\n')]);
  const content = Buffer.concat([
    ODD_LINES,
    Buffer.from('nul \0 inside\n\0\0\n'),
    ...Array.from({ length: 5 }, () => megabyte),
    randomBytes(300_000),
    Buffer.from('\nno final newline'),
  ]);

  for (const cut of [
    ['-n', '7'],
    ['-p', '3'],
    ['--partitions', 'auto'],
    ['--partitions', 'static', '-p', '4'],
  ]) {
    test(`every byte arrives, in whole lines: ${cut.join(' ')}`, async (t) => {
      const px = usePx(t);
      const path = px.write('content', content);
      const ended = await px.ok(['run', 'cat', '--stdin-file', 'content', '--order', ...cut]);
      assert.ok(
        ended.stdout.equals(readFileSync(path)),
        `${ended.stdout.length} bytes of ${content.length}`,
      );
    });
  }

  test('an empty stdin file is a success without a partition', async (t) => {
    const px = usePx(t);
    px.write('content', '');
    const ended = await px.ok(['run', 'echo ran', '--stdin-file', 'content']);
    assert.equal(ended.stdout.toString(), '');
  });
});

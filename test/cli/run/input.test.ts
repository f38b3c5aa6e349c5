import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { refuseIgnored, refuseIgnoredInput } from '../../../cli/run/ignored-lines.ts';
import { LineChecker } from '../../../cli/run/line-checker.ts';
import { prescan } from '../../../cli/run/prescan.ts';
import { stdinIfAny } from '../../../cli/run/stdin.ts';
import { makeTree } from '../../helpers/project-tree.ts';

describe('the lines of an args file', () => {
  it('are counted however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'bb', '\n')), fc.nat(50), (parts, at) => {
        const text = parts.join('');
        const checker = new LineChecker('\n');
        checker.push(Buffer.from(text.slice(0, at)));
        checker.push(Buffer.from(text.slice(at)));
        const lines = text.split('\n');
        assert.equal(checker.lines, lines.at(-1) === '' ? lines.length - 1 : lines.length);
      }),
    );
  });

  it('may not hold NUL, which is named with its line', () => {
    const checker = new LineChecker('\n');
    checker.push(Buffer.from('one\ntwo\n'));
    assert.throws(() => checker.push(Buffer.from('three\nfo\0ur\n')), { message: /Line 4 / });
    new LineChecker('\0').push(Buffer.from('one\0two\n\0'));
  });

  it('may have 131,071 bytes and not one more', () => {
    new LineChecker('\n').push(Buffer.alloc(131_071, 'x'));
    const checker = new LineChecker('\n');
    checker.push(Buffer.from('first\n'));
    checker.push(Buffer.alloc(131_071, 'x'));
    assert.throws(() => checker.push(Buffer.from('x')), {
      code: 'bad_input',
      message: /Line 2 /,
      hint: /--stdin-file/,
    });
  });
});

test('a file is read beforehand: its lines, and the first of them', async (t) => {
  const tree = makeTree(t, { git: false });
  const path = join(tree.root, 'lines');
  writeFileSync(path, 'a\n\nlast');
  const { lines, head: first } = await prescan(path, '\n');
  const head = [...first];
  assert.deepEqual([lines, head.map(String)], [3, ['a', '', 'last']]);
});

describe('files that git ignores', () => {
  const checkOf = (root: string, more = {}) => ({
    root,
    cwd: root,
    listed: [{ path: 'kept.txt' }],
    include: [],
    collect: [],
    ...more,
  });
  const lines = (...texts: string[]) => texts.map((text) => Buffer.from(text));

  it('are refused by name where lines name them', (t) => {
    const tree = makeTree(t);
    for (const name of ['kept.txt', 'data/a', 'data/b']) tree.write(name);
    const check = checkOf(tree.root);
    refuseIgnored(lines('kept.txt', 'absent', 'data', '../x', '', '--flag'), check);
    refuseIgnored(lines('x'.repeat(300), 'x/'.repeat(3000), 'kept.txt/below', '\0'), check);
    assert.throws(() => refuseIgnored(lines('kept.txt', 'data/a', './data/b'), check), {
      message: /data\/a, and 1 more/,
      hint: /include: \['data\/a'\]/,
    });
  });

  it('pass where include or collect names them', (t) => {
    const tree = makeTree(t);
    tree.write('data/a');
    refuseIgnored(lines('data/a'), checkOf(tree.root, { include: ['data/*'] }));
    refuseIgnored(lines('data/a'), checkOf(tree.root, { collect: ['data'] }));
  });

  it('are refused as input where the command names the same file', (t) => {
    const tree = makeTree(t);
    tree.write('lines');
    const file = join(tree.root, 'lines');
    const check = checkOf(tree.root);
    refuseIgnoredInput(file, 'wc -c', check);
    refuseIgnoredInput(join(tree.root, 'kept.txt'), 'cat kept.txt', check);
    assert.throws(() => refuseIgnoredInput(file, 'cat lines', check), { code: 'bad_input' });
  });
});

describe('stdin that nobody asked for', () => {
  const silent = () => new Promise<void>(() => {});

  it('is input from its first byte on', async () => {
    const source = await stdinIfAny(
      Readable.from([Buffer.from('a'), Buffer.from('b')]),
      silent,
      () => {},
    );
    assert.ok(source !== null);
    const got: Uint8Array[] = [];
    for await (const bytes of source.bytes) got.push(bytes);
    assert.equal(Buffer.concat(got).toString(), 'ab');
  });

  it('is none where it ends without a byte', async () => {
    assert.equal(await stdinIfAny(Readable.from([]), silent, () => {}), null);
  });

  it('is waited for aloud', async () => {
    const stdin = new PassThrough();
    const waited = Promise.withResolvers<void>();
    const said: string[] = [];
    const choosing = stdinIfAny(
      stdin,
      () => waited.promise,
      (text) => {
        said.push(text);
        stdin.end();
      },
    );
    waited.resolve();
    assert.equal(await choosing, null);
    assert.match(said.join(), /--no-stdin/);
  });
});

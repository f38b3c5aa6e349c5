// The examples' programs as they are, without px: what they print must be right before px runs them.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import {
  EXAMPLES,
  type RunOptions,
  readLines,
  run,
  sum,
  useScratchFolder,
} from './helpers/example.ts';

const MAKE_IMAGES = join(import.meta.dirname, '..', 'bench', 'make-images.mjs');
// The two bytes that a bare JPEG XL codestream begins with (ISO/IEC 18181-1).
const JXL_SIGNATURE = Buffer.from([0xff, 0x0a]);

const runNode = (script: string, args: readonly string[], options: RunOptions = {}) =>
  run(process.execPath, [script, ...args], options);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const readManifest = (...folder: readonly string[]): Manifest =>
  JSON.parse(readFileSync(join(...folder, 'package.json'), 'utf8')) as Manifest;

describe('the jpg example', () => {
  const program = join(EXAMPLES, 'jpg', 'jpg.mjs');
  const names = readLines(EXAMPLES, 'jpg', 'images.txt');
  const scratch = useScratchFolder();

  before(() =>
    cpSync(join(EXAMPLES, 'jpg', 'images'), join(scratch.path, 'images'), {
      recursive: true,
      filter: (path) => !path.endsWith('.jxl'),
    }),
  );

  const readJxl = (name: string): Buffer =>
    readFileSync(join(scratch.path, name.replace(/\.jpg$/, '.jxl')));

  const convert = (files: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    runNode(program, files, { cwd: scratch.path, env: { ...process.env, ...env } });

  test('lists a dozen pictures, and one of their names has a space', () => {
    assert.equal(names.length, 12);
    assert.equal(names.filter((name) => name.includes(' ')).length, 1);
  });

  test('renders the committed pictures again, byte for byte', () => {
    const folder = join(scratch.path, 'rendered');
    assert.equal(runNode(join(EXAMPLES, 'jpg', 'render.mjs'), [folder]).status, 0);
    assert.deepEqual(readLines(folder, 'images.txt'), names);
    for (const name of names) {
      const committed = readFileSync(join(EXAMPLES, 'jpg', name));
      assert.ok(readFileSync(join(folder, name)).equals(committed), name);
    }
  });

  test('writes a JPEG XL file beside each picture and prints both sizes', () => {
    const { status, stdout, stderr } = convert(names);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const expected = names.map((name) => {
      const jxl = readJxl(name);
      assert.deepEqual(jxl.subarray(0, 2), JXL_SIGNATURE, name);
      const jpegSize = readFileSync(join(scratch.path, name)).length;
      return `${name} ${jpegSize} -> ${name.replace(/\.jpg$/, '.jxl')} ${jxl.length}\n`;
    });
    assert.equal(stdout, expected.join(''));
  });

  test('gives the same bytes for a picture alone and among others', () => {
    const [first = '', ...others] = names;
    assert.equal(convert([first, ...others]).status, 0);
    const among = readJxl(first);
    assert.equal(convert([first]).status, 0);
    assert.ok(readJxl(first).equals(among));
  });

  test('names each file that it cannot convert, converts the others and exits 1', () => {
    const [good = '', damaged = ''] = names;
    writeFileSync(join(scratch.path, 'text.jpg'), 'not a picture');
    writeFileSync(join(scratch.path, 'hollow.jpg'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2]));
    cpSync(join(scratch.path, damaged), join(scratch.path, 'cut.jpg'));
    truncateSync(join(scratch.path, 'cut.jpg'), 2000);

    const bad = ['text.jpg', 'hollow.jpg', 'cut.jpg', 'absent.jpg'];
    const { status, stdout, stderr } = convert([...bad, good]);
    assert.equal(status, 1);
    assert.match(stdout, new RegExp(`^${good} [0-9]+ -> .*\\n$`));
    const told = stderr.trimEnd().split('\n');
    assert.deepEqual(
      told.map((line) => line.split(': ')[1]),
      bad,
    );
    assert.match(told[0] ?? '', /not a JPEG file$/);
    assert.match(told[2] ?? '', /damaged JPEG file/);
  });

  test('refuses an effort that the codec does not have', () => {
    const { status, stderr } = convert([names[0] ?? ''], { JXL_EFFORT: '10' });
    assert.equal(status, 2);
    assert.match(stderr, /expected JXL_EFFORT from 1 to 9, got '10'/);
  });

  test('pins the codecs that the repository itself tests with, and records no host', () => {
    const lockfile = readFileSync(join(EXAMPLES, 'jpg', 'package-lock.json'), 'utf8');
    assert.doesNotMatch(lockfile, /"resolved"/);
    const tested = readManifest(EXAMPLES, '..').devDependencies ?? {};
    const own = Object.entries(readManifest(EXAMPLES, 'jpg').dependencies ?? {});
    assert.equal(own.length, 2);
    for (const [name, version] of own) assert.equal(version, tested[name], name);
  });

  test("has pictures for the bench made in the example's layout", () => {
    const folder = join(scratch.path, 'bench');
    assert.equal(runNode(MAKE_IMAGES, [folder, '3']).status, 0);
    const made = readLines(folder, 'images.txt');
    assert.deepEqual(made, ['images/00000.jpg', 'images/00001.jpg', 'images/00002.jpg']);
    const { status, stderr } = runNode(program, made, {
      cwd: folder,
      env: { ...process.env, JXL_EFFORT: '1' },
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  });
});

describe('the word count example', () => {
  const folder = join(EXAMPLES, 'wordcount');
  const book = readFileSync(join(folder, 'book.txt'), 'utf8');
  const count = (input: string) => run('sh', [join(folder, 'count.sh')], { input }).stdout;
  const merge = (input: string) => run('sh', [join(folder, 'merge.sh')], { input }).stdout;

  test('counts as many words as wc', () => {
    const counts = count(book).trimEnd().split('\n');
    const { stdout } = run('wc', ['-w'], { input: book });
    assert.equal(sum(counts.map((line) => Number(line.split(' ')[0]))), Number(stdout));
  });

  test('takes a word without its case and its punctuation', () => {
    assert.equal(merge(count('The cat, the "Cat" and the dog!\n')), '3 the\n2 cat\n1 and\n1 dog\n');
  });

  test('merges the counts of blocks of lines into the counts of the whole', () => {
    const lines = book.split('\n');
    const blocks = [lines.slice(0, 100), lines.slice(100, 500), lines.slice(500)];
    const counted = blocks.map((block) => count(`${block.join('\n')}\n`)).join('');
    assert.equal(merge(counted), merge(count(book)));
  });

  test('writes the committed book again, byte for byte', () => {
    assert.equal(run('sh', [join(folder, 'book.sh')]).stdout, book);
  });
});

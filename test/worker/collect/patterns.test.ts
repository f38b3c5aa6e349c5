import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPatterns } from '../../../worker/collect/patterns.ts';

it('patterns match paths of the project, folders with all that is in them, and bytes', () => {
  const { matches } = createPatterns(['./out/*.jxl', 'logs/', '**/*.csv', 'é*.txt']);
  const bytes = (text: string) => Buffer.from(text).toString('latin1');
  const yes = [
    'out/a b.jxl',
    'out/\xff.jxl',
    'logs/a/b',
    'x.csv',
    'a/b/x.csv',
    bytes('étude.txt'),
    '.hidden/x.csv',
  ];
  const no = ['out/a/b.jxl', 'a.jxl', 'other/logs/x', 'x.csv.gz'];
  for (const path of yes) assert.equal(matches(path), true, path);
  for (const path of no) assert.equal(matches(path), false, path);
});

it('folders in which nothing can match are not entered', () => {
  const { enters } = createPatterns(['out/deep/*.jxl', 'logs']);
  for (const folder of ['out', 'out/deep', 'out/deep/more', 'logs', 'logs/a']) {
    assert.equal(enters(folder), true, folder);
  }
  for (const folder of ['node_modules', 'outer', 'out/other'])
    assert.equal(enters(folder), false, folder);
  assert.equal(createPatterns(['**/*.csv']).enters('anything'), true);
});

it('a folder, `*` and `**` mean every name in it, with a newline or a dot in front too', () => {
  for (const glob of ['out', 'out/*', 'out/**']) {
    const { matches } = createPatterns([glob]);
    for (const name of ['out/a\nb', 'out/.dot', 'out/.h/x', 'out/ok']) {
      assert.equal(matches(Buffer.from(name).toString('latin1')), true, `${glob}: ${name}`);
    }
  }
});

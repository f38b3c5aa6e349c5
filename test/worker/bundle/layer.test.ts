import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Wanted } from '../../../worker/bundle/entry.ts';
import { withLayer } from '../../../worker/bundle/layer.ts';
import { setupId } from '../../../worker/setup-id.ts';

const file = (content: string): Wanted => ({
  kind: 'file',
  mode: 0o644,
  size: 1,
  content,
  source: '',
});
const folder: Wanted = { kind: 'dir', mode: 0o755 };
const tree = (entries: Record<string, Wanted>) => new Map(Object.entries(entries));

describe('withLayer', () => {
  it('puts what setup made over the bundle, with the folders above it', () => {
    const layer = {
      id: 'x',
      entries: tree({ 'a/b/c': file('1'), d: file('2') }),
      deleted: new Set(['e']),
    };
    const whole = withLayer(tree({ d: file('old'), e: file('3'), f: file('4') }), layer);
    assert.deepEqual([...whole.keys()].sort(), ['a', 'a/b', 'a/b/c', 'd', 'f']);
    assert.deepEqual(whole.get('d'), file('2'));
  });

  it('lets a later bundle keep a file where setup had a folder, and the other way round', () => {
    const layer = {
      id: 'x',
      entries: tree({ a: folder, 'a/b': file('1'), c: file('2') }),
      deleted: new Set<string>(),
    };
    const later = tree({ a: file('now a file'), c: folder, 'c/d': file('3') });
    const whole = withLayer(later, { ...layer, entries: tree({ 'a/b': file('1'), c: file('2') }) });
    assert.deepEqual([...whole.keys()].sort(), ['a', 'c', 'c/d']);
    assert.deepEqual(whole.get('a'), file('now a file'));
  });
});

describe('setupId', () => {
  const text = 'pip install -r py/requirements.txt # see setup.cfg.';
  const files = { 'py/requirements.txt': file('1'), 'setup.cfg': file('2'), 'main.py': file('3') };

  it('changes with the text and with every file whose name stands in it', () => {
    const id = setupId(text, tree(files));
    assert.equal(setupId(text, tree({ ...files, 'main.py': file('changed') })), id);
    assert.notEqual(setupId(`${text} `, tree(files)), id);
    assert.notEqual(setupId(text, tree({ ...files, 'py/requirements.txt': file('changed') })), id);
    assert.notEqual(setupId(text, tree({ ...files, 'setup.cfg': file('changed') })), id);
    assert.equal(setupId(text, tree({ ...files, cfg: file('4'), 'ents.txt': file('5') })), id);
  });
});

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { normalised, replay } from '../../helpers/console-block.ts';
import { blocksOf, readDoc, replaceBlocks, UPDATES, writeDoc } from '../../helpers/docs.ts';
import { canMakeHosts, makeHosts } from '../../helpers/hosts.ts';
import { runPx } from '../../helpers/run-px.ts';

const PAGE = 'clusters.md';

/** The hosts have the cores of this machine. */
const sameCores = (text: string): string =>
  normalised(text).replaceAll(/x \d+ cores? = \d+ cores?/g, 'x CORES');

test('docs/clusters.md shows what happens with hosts', { skip: !canMakeHosts }, async (t) => {
  const { home } = await makeHosts(t, { count: 2 });
  mkdirSync(join(home, 'project'));
  t.after(() => runPx('server stop --force', { env: { PX_HOME: join(home, '.px') } }));
  const blocks = blocksOf(readDoc(PAGE));
  const texts: (string | null)[] = [];
  for (const { info, text } of blocks) {
    texts.push(info === 'console hosts' ? await replay(text, home) : null);
  }
  if (UPDATES) {
    writeDoc(PAGE, replaceBlocks(readDoc(PAGE), texts));
    return;
  }
  assert.ok(texts.some((text) => text !== null));
  texts.forEach((text, index) => {
    if (text !== null) assert.equal(sameCores(text), sameCores(blocks[index]?.text ?? ''));
  });
});

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { normalised, replay } from '../helpers/console-block.ts';
import { blocksOf, readDoc, replaceBlocks, UPDATES, writeDoc } from '../helpers/docs.ts';
import { runPx, tempDir } from '../helpers/run-px.ts';

const DOCS = join(import.meta.dirname, '../../docs');

describe('what the pages show is what happens:', () => {
  for (const name of readdirSync(DOCS).sort()) {
    if (!name.endsWith('.md')) continue;
    const blocks = blocksOf(readDoc(name));
    if (!blocks.some(({ info }) => info === 'console run')) continue;
    test(`docs/${name}`, async (t) => {
      const folder = tempDir(t);
      mkdirSync(join(folder, 'project'));
      // Only where a page needs them: what lies there travels with the jobs of the others.
      if (blocks.some(({ info, text }) => info === 'console run' && text.includes(' examples/'))) {
        cpSync(join(DOCS, '../examples'), join(folder, 'project/examples'), { recursive: true });
      }
      t.after(() => runPx('server stop --force', { env: { PX_HOME: join(folder, '.px') } }));
      const texts: (string | null)[] = [];
      for (const { info, text } of blocks) {
        texts.push(info === 'console run' ? await replay(text, folder) : null);
      }
      if (UPDATES) writeDoc(name, replaceBlocks(readDoc(name), texts));
      else {
        texts.forEach((text, index) => {
          if (text !== null) assert.equal(normalised(text), normalised(blocks[index]?.text ?? ''));
        });
      }
    });
  }
});

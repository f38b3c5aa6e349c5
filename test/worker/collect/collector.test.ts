import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../../worker/clock.ts';
import { Collector } from '../../../worker/collect/collector.ts';
import { createPatterns } from '../../../worker/collect/patterns.ts';
import { hashFile, type Upload } from '../../../worker/collect/upload.ts';

const setUp = (t: TestContext, upload: (uploads: readonly Upload[]) => Promise<boolean>) => {
  const dir = mkdtempSync(join(tmpdir(), 'px-collect-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const [root, copies] = [join(dir, 'work'), join(dir, 'run')];
  mkdirSync(root);
  mkdirSync(copies);
  let count = 0;
  const collector = new Collector({
    tree: { root, laid: new Map(), wanted: new Map(), trustedMs: 0 },
    patterns: createPatterns(['out*']),
    clock: systemClock,
    upload,
    newCopy: () => join(copies, `${count++}`),
  });
  return { collector, root, copies };
};

test('a file that changes with every try is stored as a copy of one moment', async (t) => {
  const stored: string[] = [];
  const { collector, root, copies } = setUp(t, async (uploads) => {
    appendFileSync(join(root, 'out.log'), 'more\n');
    for (const { path, sha256 } of uploads) {
      if ((await hashFile(path))?.sha256 !== sha256) return false;
      stored.push(readFileSync(path, 'utf8'));
    }
    return true;
  });
  writeFileSync(join(root, 'out.log'), 'first\n');
  const [change] = await collector.collect();
  assert.equal(change?.size, stored[0]?.length);
  assert.match(stored[0] ?? '', /^first\n(more\n)+$/);
  assert.deepEqual(readdirSync(copies), []);
  const [later] = await collector.collect();
  assert.ok((later?.version ?? 0) > (change?.version ?? 0), 'what came after the copy is a change');
});

test('a file that can be stored in no way fails the collection instead of being passed over', async (t) => {
  const { collector, root } = setUp(t, async () => false);
  writeFileSync(join(root, 'out.log'), 'first\n');
  await assert.rejects(collector.collect(), { code: 'collect_failed' });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { bundleWorker } from '../../scripts/worker-bundle.ts';
import { output } from '../helpers/fake-records.ts';
import { startBoth } from '../helpers/worker-process.ts';

it('the worker is one file of worker/, protocol/ and libraries, and it works', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'px-worker-bundle-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const main = join(folder, 'worker.mjs');
  const { inputs, outputs } = await bundleWorker(main);
  assert.equal(Object.keys(outputs).length, 1);
  const own = Object.keys(inputs).filter((path) => !path.startsWith('node_modules/'));
  assert.deepEqual(
    own.filter((path) => !/^(worker|protocol)\//.test(path)),
    [],
  );
  const libraries = Object.keys(inputs).flatMap(
    (path) => /^node_modules\/([^/]+)/.exec(path)?.[1] ?? [],
  );
  assert.deepEqual([...new Set(libraries)].sort(), ['picomatch', 'zod']);
  const { plane } = await startBoth(t, undefined, { main });
  const record = plane.lease(
    plane.addJob({ command: 'echo it works; touch x.txt', collect: ['*.txt'] }),
  );
  const { outcome, collected } = await plane.done(record);
  assert.deepEqual(outcome, { kind: 'exit', code: 0 });
  assert.equal(collected.length, 1);
  assert.equal(output(record).toString(), 'it works\n');
});

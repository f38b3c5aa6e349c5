import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shipBundle } from '../../../cli/run/submit.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { createCaller } from '../../helpers/jobs.ts';
import { makeTree } from '../../helpers/project-tree.ts';

test('an upload that takes long is told with its files and bytes, one that is quick or has nothing to send is not', async (t) => {
  const { client } = createCaller(createTestDeps(t));
  const tree = makeTree(t, { git: false });
  for (const name of ['a', 'b', 'c']) tree.write(name, name.repeat(1024));
  const said: string[] = [];
  const ship = async (sleep: () => Promise<void>): Promise<void> => {
    await shipBundle(async () => client, await tree.bundle(), {
      sleep,
      signal: new AbortController().signal,
      remake: () => tree.bundle(),
      say: (text) => said.push(text),
    });
  };
  await ship(async () => {});
  assert.deepEqual(said, ['Shipping 3 files [3.0 KB].']);
  await ship(async () => {});
  tree.write('d', 'new');
  await ship(() => new Promise(() => {}));
  assert.deepEqual(said.length, 1);
});

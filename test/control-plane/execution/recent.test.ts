import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loseNode } from '../../../control-plane/execution/lose.ts';
import { Recent } from '../../../control-plane/execution/recent.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { makeCluster } from '../../helpers/execution.ts';

test('of more nodes than are kept, the one that was silent longest is forgotten', () => {
  const recent = new Recent<number>(2);
  recent.set('a', 1);
  recent.set('b', 2);
  recent.set('a', 3);
  recent.set('c', 4);
  assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], [3, undefined, 4]);
});

test('nothing is kept in memory of nodes that were lost or have left', async (t) => {
  const deps = createTestDeps(t);
  const { workers } = makeCluster(deps, [1, 1]);
  const sizes = () => [deps.execution.claims.size, deps.execution.controls.size];
  for (const worker of workers) {
    await worker.claim(1);
    await worker.control([]);
  }
  assert.deepEqual(sizes(), [2, 2]);
  const [first, second] = workers;
  loseNode(deps, first?.nodeId ?? '');
  await second?.leave();
  assert.deepEqual(sizes(), [0, 0]);
});

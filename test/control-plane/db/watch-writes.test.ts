import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transact } from '../../../control-plane/db/open.ts';
import { watchWrites } from '../../../control-plane/db/watch-writes.ts';
import { insertMeta, readMeta } from '../../../control-plane/store/meta.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';

test('a commit is seen before and after, whatever a transaction writes, and a read is not', (t) => {
  const { db } = createTestDeps(t);
  const seen: string[] = [];
  watchWrites(db.$client, (point) => {
    seen.push(`${point} ${db.$client.inTransaction}`);
  });
  insertMeta(db, 'one', '1');
  assert.deepEqual(seen.splice(0), ['before-write false', 'after-write false']);
  assert.equal(readMeta(db, 'one'), '1');
  assert.deepEqual(seen, []);
  transact(db, () => {
    insertMeta(db, 'two', '2');
    transact(db, () => insertMeta(db, 'three', '3'));
  });
  assert.deepEqual(seen, ['before-write false', 'after-write false']);
});

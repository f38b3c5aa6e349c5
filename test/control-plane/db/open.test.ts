import assert from 'node:assert/strict';
import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { closeDb, openDb, transact } from '../../../control-plane/db/open.ts';
import { meta } from '../../../control-plane/db/schema.ts';
import { PxError } from '../../../protocol/errors.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';

const freshPath = (t: Cleanup): string => {
  const folder = mkdtempSync(join(tmpdir(), 'px-db-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'px.db');
};

const isCode = (code: string) => (error: unknown) =>
  error instanceof PxError && error.code === code;

test('a database is durable, checked and migrated when it is opened', (t) => {
  const db = openDb(freshPath(t));
  t.after(() => closeDb(db));
  const pragma = (name: string) => db.$client.pragma(name, { simple: true });
  assert.equal(pragma('journal_mode'), 'wal');
  assert.equal(pragma('synchronous'), 2);
  assert.equal(Number(pragma('user_version')) >= 1, true);
  assert.deepEqual(db.select().from(meta).all(), []);
});

test('what was committed is there after the database is opened again', (t) => {
  const path = freshPath(t);
  const first = openDb(path);
  first.insert(meta).values({ key: 'id', value: 'one' }).run();
  closeDb(first);
  const second = openDb(path);
  t.after(() => closeDb(second));
  assert.deepEqual(second.select().from(meta).all(), [{ key: 'id', value: 'one' }]);
});

test('a database that a newer px has written is refused', (t) => {
  const path = freshPath(t);
  const db = openDb(path);
  db.$client.pragma('user_version = 1000');
  closeDb(db);
  assert.throws(() => openDb(path), isCode('newer_database'));
});

test('a file that is no database is damaged, and the hint says how to go on', (t) => {
  const path = freshPath(t);
  writeFileSync(path, 'x'.repeat(8192));
  assert.throws(
    () => openDb(path),
    (error) => isCode('database_damaged')(error) && /restore/.test(String((error as PxError).hint)),
  );
});

test('a damaged page is found when the database is opened', (t) => {
  const path = freshPath(t);
  closeDb(openDb(path));
  const pages = statSync(path).size / 4096;
  const file = openSync(path, 'r+');
  for (let page = 1; page < pages; page += 1)
    writeSync(file, Buffer.alloc(64, 0xff), 0, 64, page * 4096);
  assert.throws(() => openDb(path), isCode('database_damaged'));
  assert.equal(readFileSync(path).length, pages * 4096);
});

test('a transaction that throws leaves nothing, also inside another one', (t) => {
  const db = openDb(freshPath(t));
  t.after(() => closeDb(db));
  const put = (key: string) => db.insert(meta).values({ key, value: '' }).run();
  transact(db, () => {
    put('outer');
    assert.throws(() =>
      transact(db, () => {
        put('inner');
        throw new Error('undo');
      }),
    );
  });
  assert.deepEqual(
    db
      .select()
      .from(meta)
      .all()
      .map(({ key }) => key),
    ['outer'],
  );
});

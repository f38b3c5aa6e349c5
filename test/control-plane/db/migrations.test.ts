import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getTableName, is } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as schema from '../../../control-plane/db/schema.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';

const FOLDER = join(import.meta.dirname, '../../../migrations');

// scripts/check-migrations.ts holds every detail against drizzle-kit, under Node alone; this runs everywhere.
test('the migrations make the tables and columns of the schema', (t) => {
  const { db } = createTestDeps(t);
  const tables = Object.values(schema).filter((value) => is(value, SQLiteTable));
  assert.equal(tables.length >= 9, true);
  for (const table of tables) {
    const name = getTableName(table);
    const made = db.$client.pragma(`table_info(${name})`) as { name: string }[];
    const wanted = Object.values(table)
      .map((column) => (column as { name?: string }).name)
      .filter((column) => column !== undefined);
    assert.deepEqual(made.map((column) => column.name).sort(), wanted.sort(), name);
  }
});

test('every migration stands in the journal', () => {
  const journal = JSON.parse(readFileSync(join(FOLDER, 'meta/_journal.json'), 'utf8'));
  const named = journal.entries.map((entry: { tag: string }) => `${entry.tag}.sql`);
  assert.deepEqual(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.sql'))
      .sort(),
    named,
  );
});

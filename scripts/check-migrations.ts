// Fails when a schema in control-plane/db says more than its committed migrations do.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');

const migrationsIn = (folder: string): string[] => globSync('*.sql', { cwd: folder }).sort();

/** The databases of a control plane: schema and folder of migrations. */
const DATABASES = [
  { schema: 'schema', folder: 'migrations' },
  { schema: 'catalog-schema', folder: 'migrations/catalog' },
];

/** The migrations that drizzle-kit would add to a copy of the committed ones. */
const missingMigrations = (schema: string, folder: string, copy: string): string[] => {
  const committed = join(root, folder);
  if (existsSync(committed)) cpSync(committed, copy, { recursive: true });
  else mkdirSync(copy);
  const before = migrationsIn(copy);
  const kit = spawnSync(
    join(root, 'node_modules/.bin/drizzle-kit'),
    // drizzle-kit takes paths relative to the working directory only.
    [
      'generate',
      '--dialect=sqlite',
      `--schema=./control-plane/db/${schema}.ts`,
      `--out=${relative(root, copy)}`,
    ],
    { cwd: root, encoding: 'utf8' },
  );
  // It reports some of its failures by words alone.
  if (kit.status !== 0 || !/Your SQL migration|No schema changes/.test(kit.stdout)) {
    throw new Error(`drizzle-kit generate failed (${kit.status}):\n${kit.stdout}${kit.stderr}`);
  }
  return migrationsIn(copy).filter((name) => !before.includes(name));
};

const folder = mkdtempSync(join(tmpdir(), 'px-migrations-'));
try {
  const missing = DATABASES.flatMap((each) =>
    missingMigrations(each.schema, each.folder, join(folder, each.schema)),
  );
  const message =
    missing.length === 0
      ? 'migrations/ holds what the schema says\n'
      : 'The schema has changes without a migration. Type: npm run migrations\n';
  process.stdout.write(message);
  process.exitCode = missing.length;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

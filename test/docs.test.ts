import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { registry } from '../cli/commands/registry.ts';
import { commandHelp } from '../cli/help.ts';
import { ERROR_STATUS } from '../protocol/errors.ts';
import { PxYaml } from '../protocol/px-yaml.ts';
import { blocksOf, readDoc, replaceBlocks, UPDATES, writeDoc } from './helpers/docs.ts';

const ROOT = join(import.meta.dirname, '..');

/** Columns of the helps on the page. */
const HELP_COLUMNS = 100;

const helps = async (): Promise<Map<string, string>> => {
  const commands = await Promise.all(registry.map((row) => row.load()));
  return new Map(
    commands.map((command) => [
      ['px', ...command.path].join(' '),
      commandHelp(command, HELP_COLUMNS),
    ]),
  );
};

test('docs/commands.md has the help of every command, word for word', async () => {
  const page = readDoc('commands.md');
  const expected = await helps();
  const blocks = blocksOf(page).map((block) => ({
    ...block,
    name: /^text (.+)$/.exec(block.info)?.[1],
  }));
  if (UPDATES) {
    const texts = blocks.map(({ name }) =>
      name === undefined ? null : (expected.get(name) ?? null),
    );
    writeDoc('commands.md', replaceBlocks(page, texts));
    return;
  }
  const found = new Map(
    blocks.flatMap(({ name, text }) => (name === undefined ? [] : [[name, text]])),
  );
  assert.deepEqual([...found.keys()], [...expected.keys()]);
  for (const [name, help] of expected) assert.equal(found.get(name), help, name);
});

test('the rows of the registry say what their commands say', async () => {
  for (const row of registry) {
    const { path, summary } = await row.load();
    assert.deepEqual({ path, summary }, { path: row.path, summary: row.summary });
  }
});

test('docs/errors.md has every code with its HTTP status', () => {
  const rows = [...readDoc('errors.md').matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| .{20,} \|$/gm)];
  assert.deepEqual(
    Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)])),
    ERROR_STATUS,
  );
});

/** `cluster`, `cluster.nodes`, `mounts`, `mounts.source` … */
test('docs/gcp.md names tests that are there', () => {
  const rows = [...readDoc('gcp.md').matchAll(/^\| .+ \| .*\/.+ \| (.+) \|$/gm)];
  const titles = rows.flatMap(([, title = '']) => (title === 'the same' ? [] : [title]));
  assert.ok(titles.length > 10);
  const files = globSync('test/**/*.test.ts', { cwd: ROOT });
  const texts = files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
  for (const title of titles) assert.ok(texts.includes(title), title);
});

const keysOf = (schema: unknown, prefix: string): string[] => {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap(), prefix);
  if (schema instanceof z.ZodRecord) return keysOf(schema.valueType, prefix);
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    return [name, ...keysOf(value, name)];
  });
};

test('docs/px-yaml.md has every key of px.yaml and no other', () => {
  const rows = [...readDoc('px-yaml.md').matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, key]) => key);
  // A schedule takes the keys of `run` too; the page says so once.
  const keys = keysOf(PxYaml, '').filter(
    (key) =>
      !key.startsWith('schedules.') ||
      !keysOf(PxYaml, '').includes(key.replace('schedules.', 'run.')),
  );
  assert.deepEqual(rows.toSorted(), keys.toSorted());
});

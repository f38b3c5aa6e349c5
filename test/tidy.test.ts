import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { notAllowed, staleEntries } from './tidy/allowed.ts';
import { wrongArrows } from './tidy/arrows.ts';
import { deadExports, deadFiles, importCycles } from './tidy/graph.ts';
import { badHabits, defaultExports } from './tidy/habits.ts';
import { longFiles, longFunctions, longTree } from './tidy/length.ts';
import { lockGaps, manifestDrift } from './tidy/manifest.ts';
import { readSources, type Source, type Violation } from './tidy/source.ts';
import { duplicateTitles } from './tidy/titles.ts';

const root = join(import.meta.dirname, '..');
const readJson = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'));
const sources = readSources(root);
const seen: Violation[] = [];

const assertNone = (violations: readonly Violation[]): void => {
  seen.push(...violations);
  const lines = notAllowed(violations).map(
    ({ path, line, rule, message }) => `${path}:${line} ${rule}: ${message}`,
  );
  assert.equal(lines.join('\n'), '');
};

const inEachFile = (rule: (source: Source) => Violation[]) => assertNone(sources.flatMap(rule));

test('the tree parses', () => {
  assert.ok(sources.length > 0);
  for (const { path, syntaxErrors } of sources) assert.deepEqual(syntaxErrors, [], path);
});

test('no file is longer than 400 lines', () => assertNone(longFiles(sources)));
test('the files are short: median 80 lines, 95th percentile 250', () =>
  assertNone(longTree(sources)));
test('no function is longer than 70 lines', () => inEachFile(longFunctions));
test('imports follow the arrows of the architecture', () => inEachFile(wrongArrows));
test('imports make no cycles', () => assertNone(importCycles(sources)));
test('every export has a user', () => assertNone(deadExports(sources)));
test('every file has a user', () => assertNone(deadFiles(sources)));
test('time, randomness, timers and the environment come from their own files', () =>
  inEachFile(badHabits));
test('there are no default exports', () => inEachFile(defaultExports));
test('titles of tests are unique in their group', () => inEachFile(duplicateTitles));
test('deno.json repeats the exact versions of package.json', () =>
  assertNone(manifestDrift(readJson('package.json'), readJson('deno.json'))));
test('package-lock.json is complete for every platform and names no host', () =>
  assertNone(lockGaps(readJson('package-lock.json').packages)));
test('the allow-list holds nothing that is not needed', () =>
  assert.deepEqual(staleEntries(seen), []));

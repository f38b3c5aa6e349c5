import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wrongArrows } from './arrows.ts';
import { deadExports, deadFiles, importCycles } from './graph.ts';
import { badHabits, defaultExports } from './habits.ts';
import { longFiles, longFunctions, longTree } from './length.ts';
import { lockGaps, manifestDrift } from './manifest.ts';
import { parseSource, type Violation } from './source.ts';
import { duplicateTitles } from './titles.ts';

const places = (violations: readonly Violation[]): string[] =>
  violations.map(({ path, line }) => `${path}:${line}`);

const habitsIn = (path: string, text: string) => places(badHabits(parseSource(path, text)));
const arrowsIn = (path: string, text: string) => places(wrongArrows(parseSource(path, text)));
const lines = (count: number) => 'f();\n'.repeat(count);

describe('the tidy rules', () => {
  test('name files, trees and functions that are too long', () => {
    const long = parseSource('cli/a.ts', lines(401));
    assert.deepEqual(places(longFiles([long])), ['cli/a.ts:1']);
    assert.equal(longTree([long]).length, 2);
    assert.deepEqual(longFiles([parseSource('cli/a.ts', lines(400))]), []);
    const functionOf = (count: number) =>
      places(longFunctions(parseSource('cli/a.ts', `\nconst g = () => {\n${lines(count)}};\n`)));
    assert.deepEqual(functionOf(69), ['cli/a.ts:2']);
    assert.deepEqual(functionOf(68), []);
  });

  test('let a describe be as long as its tests need', () => {
    const group = parseSource('test/a.test.ts', `describe('x', () => {\n${lines(100)}});\n`);
    assert.deepEqual(longFunctions(group), []);
  });

  test('keep each folder to the arrows', () => {
    assert.deepEqual(arrowsIn('protocol/a.ts', "import 'yaml';\nimport 'zod';"), [
      'protocol/a.ts:1',
    ]);
    assert.deepEqual(arrowsIn('worker/a.ts', "import '../control-plane/b.ts';"), ['worker/a.ts:1']);
    assert.deepEqual(arrowsIn('cli/a.ts', "export * from '../control-plane/b.ts';"), [
      'cli/a.ts:1',
    ]);
    assert.deepEqual(arrowsIn('cli/a.ts', "await import('../worker/b.ts');"), ['cli/a.ts:1']);
    assert.deepEqual(arrowsIn('cli/server/a.ts', "import '../../control-plane/b.ts';"), []);
    assert.deepEqual(arrowsIn('control-plane/routes/a.ts', "import 'drizzle-orm';"), [
      'control-plane/routes/a.ts:1',
    ]);
    assert.deepEqual(arrowsIn('control-plane/routes/a.ts', "import '../store/b.ts';"), []);
    assert.deepEqual(arrowsIn('control-plane/scheduler/a.ts', "import 'node:os';"), [
      'control-plane/scheduler/a.ts:1',
    ]);
  });

  test('find cycles of values and leave those of types', () => {
    const b = parseSource('cli/b.ts', "import { a } from './a.ts';");
    const value = parseSource('cli/a.ts', "import { b } from './b.ts';");
    const type = parseSource('cli/a.ts', "import type { B } from './b.ts';");
    assert.deepEqual(places(importCycles([value, b])), ['cli/a.ts:1']);
    assert.deepEqual(importCycles([type, b]), []);
  });

  test('find exports and files without a user, and count no test as one', () => {
    const a = parseSource('cli/a.ts', 'export const used = 1;\nexport const dead = 2;');
    const main = parseSource('cli/main.ts', "import { used } from './a.ts';");
    const spec = parseSource('test/a.test.ts', "import { dead } from '../cli/a.ts';");
    assert.deepEqual(places(deadExports([a, main, spec])), ['cli/a.ts:2']);
    assert.deepEqual(deadFiles([a, main, spec]), []);
    assert.deepEqual(places(deadFiles([a, spec])), ['cli/a.ts:1']);
  });

  test('count a file that is started by its URL as used', () => {
    const guard = parseSource('worker/guard.ts', 'export {};');
    const main = parseSource('worker/main.ts', "new URL('./guard.ts', import.meta.url);");
    assert.deepEqual(deadFiles([guard, main]), []);
  });

  test('keep time, randomness, timers and the environment in their files', () => {
    const text = 'Date.now();\nnew Date();\nMath.random();\nsetTimeout(f, 1);\nprocess.env.A;\n';
    const all = [1, 2, 3, 4, 5];
    assert.deepEqual(
      habitsIn('cli/a.ts', text),
      all.map((line) => `cli/a.ts:${line}`),
    );
    assert.deepEqual(habitsIn('cli/clock.ts', text), ['cli/clock.ts:3', 'cli/clock.ts:5']);
    assert.deepEqual(habitsIn('cli/env.ts', 'process.env.A;'), []);
    assert.deepEqual(habitsIn('cli/a.ts', 'clock.setTimeout(f); new Date(at); env.A;'), []);
  });

  test('refuse console, default exports, repeated titles and skips that Deno hides', () => {
    assert.deepEqual(habitsIn('bench/a.ts', 'console.log(1);'), ['bench/a.ts:1']);
    assert.deepEqual(habitsIn('test/a.test.ts', 't.skip();'), ['test/a.test.ts:1']);
    assert.equal(defaultExports(parseSource('cli/a.ts', 'export default 1;')).length, 1);
    const twice = parseSource('test/a.test.ts', "test('x', f);\ntest('x', f);\ntest('y', f);");
    assert.deepEqual(places(duplicateTitles(twice)), ['test/a.test.ts:2']);
  });

  test('compare the manifests and the lockfile', () => {
    const manifest = { dependencies: { a: '1.0.0', b: '^1.0.0' }, devDependencies: {} };
    const drift = manifestDrift(manifest, { imports: { a: 'npm:a@1.0.1' } });
    assert.deepEqual(
      drift.map(({ message }) => message),
      [
        'b has no exact version: ^1.0.0',
        'a is 1.0.1, package.json says 1.0.0',
        'b of package.json is missing',
      ],
    );
    const gaps = lockGaps({
      'node_modules/a': { resolved: 'x', optionalDependencies: { c: '1' } },
    });
    assert.equal(gaps.length, 2);
  });
});

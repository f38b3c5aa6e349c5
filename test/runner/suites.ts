import { globSync } from 'node:fs';

/** A set of test files that one command runs, and how long one of its files may take. */
export interface Suite {
  readonly name: 'unit' | 'toolchains' | 'scenarios' | 'deno';
  readonly runtime: 'node' | 'deno';
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly fileTimeoutMs: number;
}

// Limits against a hang, not budgets: several times what the slowest file of each suite needs.
const UNIT_FILE_TIMEOUT_MS = 120_000;
const SCENARIO_FILE_TIMEOUT_MS = 480_000;
// Deno runs all its files in one process, so that its limit is for the suite.
const DENO_TIMEOUT_MS = 300_000;

const SUITES: readonly Suite[] = [
  {
    name: 'unit',
    runtime: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/scenarios/**', 'test/toolchains/**'],
    fileTimeoutMs: UNIT_FILE_TIMEOUT_MS,
  },
  {
    name: 'toolchains',
    runtime: 'node',
    include: ['test/toolchains/**/*.test.ts'],
    exclude: [],
    fileTimeoutMs: UNIT_FILE_TIMEOUT_MS,
  },
  {
    name: 'scenarios',
    runtime: 'node',
    include: ['test/scenarios/**/*.test.ts'],
    exclude: [],
    fileTimeoutMs: SCENARIO_FILE_TIMEOUT_MS,
  },
  {
    name: 'deno',
    runtime: 'deno',
    include: ['test/protocol/**/*.test.ts', 'test/control-plane/**/*.test.ts'],
    exclude: [],
    fileTimeoutMs: DENO_TIMEOUT_MS,
  },
];

export const findSuite = (name: string): Suite => {
  const suite = SUITES.find((candidate) => candidate.name === name);
  if (suite === undefined) {
    const names = SUITES.map((candidate) => candidate.name).join(', ');
    throw new Error(`Expected a suite (${names}), got \`${name}\``);
  }
  return suite;
};

export const suiteFiles = (suite: Suite, root: string): string[] =>
  globSync([...suite.include], { cwd: root, exclude: [...suite.exclude] }).sort();

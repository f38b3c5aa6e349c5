import type { Node } from 'oxc-parser';
import { isTest, type Source, type Violation, violationAt } from './source.ts';
import { dottedName, walk } from './walk.ts';

const MAX_FILE_LINES = 400;
const MAX_MEDIAN_FILE_LINES = 80;
const MAX_P95_FILE_LINES = 250;
const MAX_FUNCTION_LINES = 70;

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(share * sorted.length) - 1] ?? 0;

export const longFiles = (sources: readonly Source[]): Violation[] =>
  sources
    .filter((source) => source.lineCount > MAX_FILE_LINES)
    .map((source) =>
      violationAt('file-length', source, 0, `${source.lineCount} lines, limit ${MAX_FILE_LINES}`),
    );

/** The whole tree without its tests: many small files, few long ones. */
export const longTree = (sources: readonly Source[]): Violation[] => {
  const lengths = sources
    .filter((source) => !isTest(source.path))
    .map((source) => source.lineCount)
    .sort((a, b) => a - b);
  const limits = [
    { name: 'median', found: quantile(lengths, 0.5), limit: MAX_MEDIAN_FILE_LINES },
    { name: '95th percentile', found: quantile(lengths, 0.95), limit: MAX_P95_FILE_LINES },
  ];
  return limits
    .filter(({ found, limit }) => found > limit)
    .map(({ name, found, limit }) => ({
      rule: 'file-length',
      path: '.',
      line: 1,
      message: `${name} of ${lengths.length} files is ${found} lines, limit ${limit}`,
    }));
};

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
const GROUPS = ['describe', 'suite'];

// The body of a describe is a list of tests, not a function that anybody follows from top to end.
const isGroupBody = (parent: Node | undefined): boolean =>
  parent?.type === 'CallExpression' && GROUPS.includes(dottedName(parent.callee) ?? '');

export const longFunctions = (source: Source): Violation[] => {
  const found: Violation[] = [];
  walk(source.root, (node, ancestors) => {
    if (!FUNCTIONS.includes(node.type) || isGroupBody(ancestors.at(-1))) return;
    const lines = source.lineAt(node.end) - source.lineAt(node.start) + 1;
    if (lines <= MAX_FUNCTION_LINES) return;
    const message = `${lines} lines, limit ${MAX_FUNCTION_LINES}`;
    found.push(violationAt('function-length', source, node.start, message));
  });
  return found;
};

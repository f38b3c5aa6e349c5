import type { Node } from 'oxc-parser';
import { type Source, type Violation, violationAt } from './source.ts';
import { dottedName, walk } from './walk.ts';

const TEST_CALL = /^(?:t\.)?(?:test|it|describe|suite)(?:\.skip)?$/;

const titleOf = (node: Node): string | undefined => {
  if (node.type !== 'CallExpression' || !TEST_CALL.test(dottedName(node.callee) ?? '')) return;
  const [first] = node.arguments;
  return first?.type === 'Literal' && typeof first.value === 'string' ? first.value : undefined;
};

/** Two tests of one group with the same title: a failure would not say which of them it was. */
export const duplicateTitles = (source: Source): Violation[] => {
  const seen = new Set<string>();
  const found: Violation[] = [];
  walk(source.root, (node, ancestors) => {
    const title = titleOf(node);
    if (title === undefined) return;
    const groups = ancestors.map(titleOf).filter((group) => group !== undefined);
    const path = [...groups, title].join(' > ');
    if (seen.has(path)) found.push(violationAt('duplicate-title', source, node.start, path));
    seen.add(path);
  });
  return found;
};

import type { Node } from 'oxc-parser';

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const childrenOf = (node: Node): Node[] =>
  Object.entries(node)
    .filter(([key]) => key !== 'parent')
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);

/** Visits a tree in source order; `ancestors` runs from the root to the node's parent. */
export const walk = (
  node: Node,
  visit: (node: Node, ancestors: readonly Node[]) => void,
  ancestors: readonly Node[] = [],
): void => {
  visit(node, ancestors);
  const path = [...ancestors, node];
  for (const child of childrenOf(node)) walk(child, visit, path);
};

/** `a.b.c` for a plain chain of names, else undefined. */
export const dottedName = (node: Node): string | undefined => {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression') return undefined;
  const { property } = node;
  const owner = dottedName(node.object);
  if (owner === undefined) return undefined;
  if (property.type === 'Literal') return `${owner}.${property.value}`;
  return !node.computed && property.type === 'Identifier' ? `${owner}.${property.name}` : undefined;
};

import type { Node } from 'oxc-parser';
import { isProduct, isTest, type Source, type Violation, violationAt } from './source.ts';
import { dottedName, walk } from './walk.ts';

/** A global that may be named only in some files. */
interface Habit {
  readonly names: RegExp;
  readonly appliesTo: (path: string) => boolean;
  readonly allowedIn: RegExp;
  readonly message: string;
}

const CLOCK = /(^|\/)clock\.ts$/;
const ENTRY = /^(control-plane\/(node|deno)|worker\/main|cli\/main|cli\/context)\.ts$/;
const NOWHERE = /^$/;

const HABITS: readonly Habit[] = [
  {
    names: /^(Date\.now|performance\.now|process\.hrtime(\..*)?|process\.uptime)$/,
    appliesTo: isProduct,
    allowedIn: CLOCK,
    message: 'the time is passed in; only clock.ts asks for it',
  },
  {
    names: /^Math\.random$/,
    appliesTo: isProduct,
    allowedIn: NOWHERE,
    message: 'randomness is passed in',
  },
  {
    names: /^((globalThis\.)?set(Timeout|Interval)|AbortSignal\.timeout)$/,
    appliesTo: isProduct,
    allowedIn: CLOCK,
    message: 'sleeping and timers are passed in; only clock.ts makes them',
  },
  {
    names: /^process\.env$/,
    appliesTo: isProduct,
    allowedIn: new RegExp(`${ENTRY.source}|(^|/)env\\.ts$`),
    message: 'the environment is read in env.ts and the entry files',
  },
  {
    names: /^(globalThis\.)?console\.\w+$/,
    appliesTo: () => true,
    allowedIn: NOWHERE,
    message: 'output goes through the injected stream or logger',
  },
  {
    names: /^t\.(skip|todo)$/,
    appliesTo: isTest,
    allowedIn: NOWHERE,
    message: 'Deno counts it as passed; use the skip option of test()',
  },
];

const isReferenceTo = (node: Node, ancestors: readonly Node[]): string | undefined => {
  if (node.type !== 'MemberExpression' && node.type !== 'Identifier') return undefined;
  const parent = ancestors.at(-1);
  // A bare name counts where it is called; `clock.setTimeout` and a type's member do not.
  if (node.type === 'Identifier') {
    return parent?.type === 'CallExpression' && parent.callee === node ? node.name : undefined;
  }
  return dottedName(node);
};

const isDateOfNow = (node: Node): boolean =>
  node.type === 'NewExpression' &&
  dottedName(node.callee) === 'Date' &&
  node.arguments.length === 0;

export const badHabits = (source: Source): Violation[] => {
  const habits = HABITS.filter(
    (habit) => habit.appliesTo(source.path) && !habit.allowedIn.test(source.path),
  );
  const found: Violation[] = [];
  walk(source.root, (node, ancestors) => {
    const name = isDateOfNow(node) ? 'Date.now' : isReferenceTo(node, ancestors);
    if (name === undefined) return;
    const habit = habits.find(({ names }) => names.test(name));
    if (habit === undefined) return;
    found.push(violationAt('habit', source, node.start, `${name}: ${habit.message}`));
  });
  return found;
};

export const defaultExports = (source: Source): Violation[] =>
  source.module.staticExports
    .filter(({ entries }) => entries.some(({ exportName }) => exportName.kind === 'Default'))
    .map(({ start }) => violationAt('default-export', source, start, 'exports are named'));

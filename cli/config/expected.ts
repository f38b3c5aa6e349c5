import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const TYPES: Record<string, string> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

/** Joins alternatives: `a, b or c`. */
const either = (words: readonly string[]): string => {
  const unique = [...new Set(words)];
  const last = unique.pop() ?? 'something else';
  return unique.length === 0 ? last : `${unique.join(', ')} or ${last}`;
};

const tooSmall = ({
  origin,
  minimum,
  inclusive,
}: Extract<Issue, { code: 'too_small' }>): string => {
  if (origin === 'array') return `a list of at least ${minimum}`;
  if (origin === 'string') return 'a text that is not empty';
  return inclusive === false ? `a number above ${minimum}` : `${minimum} or more`;
};

const isWorded = (message: string): boolean => !/^(Invalid|Too|Unrecognized)\b/.test(message);

/** What a schema wanted, for "Expected X". Schemas that word it themselves are quoted. */
export const expectedOf = (issue: Issue): string => {
  if (isWorded(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? `a ${issue.expected}`;
    case 'invalid_value':
      return either(issue.values.map(String));
    case 'invalid_union':
      return either(issue.errors.flat().flatMap((inner) => expectedOf(inner).split(' or ')));
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_key':
      return either(issue.issues.map(expectedOf));
    default:
      return `something else (${issue.message})`;
  }
};

/** The words that an issue accepts, for a suggestion; empty where it accepts more than words. */
export const acceptedWords = (issue: Issue): string[] => {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(acceptedWords);
  return [];
};

const within = (outer: Issue, inner: Issue): Issue => ({
  ...inner,
  path: [...outer.path, ...inner.path],
});

/**
 * A list with one bad item fails every branch of "one, or a list of them": the branch that got
 * furthest into the value is the one that was meant.
 */
export const unfold = (issue: Issue): Issue[] => {
  if (issue.code !== 'invalid_union') return [issue];
  const meant = issue.errors.find((branch) => branch.some((inner) => inner.path.length > 0));
  return meant === undefined ? [issue] : meant.flatMap((inner) => unfold(within(issue, inner)));
};

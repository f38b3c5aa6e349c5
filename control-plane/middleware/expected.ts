import type { z } from 'zod';
import { got, PxError } from '../../protocol/errors.ts';

/** A value in a message is cut to this many characters: it may be a whole body. */
const SHOWN_MAX_CHARS = 120;

type Issue = z.core.$ZodIssue;

const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined,
    value,
  );

const showPath = (path: readonly PropertyKey[]): string =>
  path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`,
    )
    .join('');

const bound = (
  issue: { origin: string; inclusive?: boolean },
  word: string,
  limit: unknown,
): string => {
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' items' : '';
  return `${issue.inclusive === false ? `${word} than` : `at ${word === 'more' ? 'least' : 'most'}`} ${String(limit)}${unit}`;
};

const expected = (issue: Issue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected;
    case 'invalid_value':
      return issue.values.map((value) => String(value)).join(' | ');
    case 'too_small':
      return bound(issue, 'more', issue.minimum);
    case 'too_big':
      return bound(issue, 'less', issue.maximum);
    case 'invalid_format':
      return issue.message.startsWith('Invalid') ? (issue.pattern ?? issue.format) : issue.message;
    case 'unrecognized_keys':
      return `no key ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return alternatives(issue);
    default:
      return issue.message;
  }
};

const alternatives = (issue: Extract<Issue, { code: 'invalid_union' }>): string => {
  const each = issue.errors.flatMap((issues) => issues.slice(0, 1).map(expected));
  return each.length === 0 ? issue.message : [...new Set(each)].join(' or ');
};

const shorten = (text: string): string =>
  text.length <= SHOWN_MAX_CHARS ? text : `${text.slice(0, SHOWN_MAX_CHARS)}…`;

const sentence = (issue: Issue, value: unknown): string => {
  const where = issue.path.length === 0 ? '' : ` at \`${showPath(issue.path)}\``;
  const found = at(value, issue.path);
  const shown = found === undefined ? 'nothing' : shorten(got(found));
  return `Expected ${expected(issue)}${where}, got ${shown}.`;
};

/** Parses a part of a request. Throws `bad_request`: what was expected, where, and what was got. */
export const parsePart = <S extends z.ZodType>(
  schema: S,
  value: unknown,
  part: 'body' | 'query',
): z.output<S> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues: readonly Issue[] = parsed.error.issues;
  const [first] = issues;
  const message = first === undefined ? 'Expected another value.' : sentence(first, value);
  throw new PxError('bad_request', `Bad ${part}: ${message}`, {
    hint: 'The routes and their messages: GET /v1/openapi.json',
    details: issues.map((issue) => ({
      path: showPath(issue.path),
      message: sentence(issue, value),
    })),
  });
};

import type { Document } from 'yaml';
import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { acceptedWords, expectedOf, unfold } from './expected.ts';
import { knownKeys } from './known-keys.ts';
import { foundAt, type KeyPath, keyOffset, placeOf, valueOffset } from './positions.ts';

/** One thing that is wrong with px.yaml, at an offset of its text. */
export interface Problem {
  offset: number;
  /** `cluster.nodes`; empty for the document itself. */
  key: string;
  message: string;
}

type Issue = z.core.$ZodIssue;

/** `cluster.nodes`, `hosts[1]`, `mounts./bucket`. */
export const keyName = (path: KeyPath): string =>
  path.reduce<string>((name, step) => {
    if (typeof step === 'number') return `${name}[${step}]`;
    return name === '' ? String(step) : `${name}.${String(step)}`;
  }, '');

const didYouMean = (word: string, known: readonly string[]): string => {
  const meant = nearest(word, known);
  return meant === null ? '' : ` Did you mean \`${meant}\`?`;
};

const unknownKey = (document: Document, path: KeyPath, key: string): Problem => {
  const known = knownKeys(path);
  const suggestion = didYouMean(key, known) || ` Known here: ${known.join(', ')}.`;
  return {
    offset: keyOffset(placeOf(document, [...path, key])),
    key: keyName([...path, key]),
    message: `Expected a key that px knows, got \`${key}\`.${suggestion}`,
  };
};

const wrongValue = (document: Document, issue: Issue): Problem => {
  const place = placeOf(document, issue.path);
  const key = String(issue.path.at(-1) ?? '');
  if (issue.code === 'invalid_key') {
    const message = `Expected ${expectedOf(issue)}, got \`${key}\`.`;
    return { offset: keyOffset(place), key: keyName(issue.path), message };
  }
  const found = foundAt(place, document);
  const word = /^`(.*)` \(string\)$/.exec(found)?.[1] ?? '';
  const suggestion = word === '' ? '' : didYouMean(word, acceptedWords(issue));
  return {
    offset: valueOffset(place),
    key: keyName(issue.path),
    message: `Expected ${expectedOf(issue)}, got ${found}.${suggestion}`,
  };
};

/** The problems that the schema found, at their places in the file. */
export const schemaProblems = (document: Document, issues: readonly Issue[]): Problem[] =>
  issues
    .flatMap(unfold)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(document, issue.path, key))
        : [wrongValue(document, issue)],
    );

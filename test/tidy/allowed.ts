import type { Violation } from './source.ts';

/** A breach that stays, and why. An entry that matches nothing any more fails the test. */
interface Allowed {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

const ALLOWED: readonly Allowed[] = [];

const matches = (entry: Allowed, violation: Violation): boolean =>
  entry.rule === violation.rule && entry.path === violation.path;

/** What is left after the allow-list. */
export const notAllowed = (violations: readonly Violation[]): Violation[] =>
  violations.filter((violation) => !ALLOWED.some((entry) => matches(entry, violation)));

/** Entries that allow nothing any more. */
export const staleEntries = (violations: readonly Violation[]): readonly Allowed[] =>
  ALLOWED.filter((entry) => !violations.some((violation) => matches(entry, violation)));

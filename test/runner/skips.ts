import { readFileSync } from 'node:fs';

/** One test that did not run. */
export interface Skip {
  readonly suite: string;
  readonly test: string;
}

interface ListedSkip extends Skip {
  readonly reason: string;
}

/** `bare` is a machine with Node, npm and git only; `ci` is where .ci/run installed the rest. */
type Environment = 'bare' | 'ci';

export const readSkips = (file: string, environment: Environment): ListedSkip[] =>
  (JSON.parse(readFileSync(file, 'utf8')) as Record<Environment, ListedSkip[]>)[environment];

/**
 * Compares the tests that were skipped with the committed list.
 * Both directions count: a skip nobody listed, and a listed one that ran.
 */
export const compareSkips = (
  suite: string,
  listed: readonly ListedSkip[],
  skipped: readonly Skip[],
): string[] => {
  const ofSuite = listed.filter((skip) => skip.suite === suite);
  const unlisted = skipped
    .filter((skip) => !ofSuite.some((known) => known.test === skip.test))
    .map((skip) => `skipped, but not in test/skips.json: ${skip.test}`);
  const ran = ofSuite
    .filter((known) => !skipped.some((skip) => skip.test === known.test))
    .map((known) => `in test/skips.json, but not skipped: ${known.test}`);
  const unexplained = ofSuite
    .filter((known) => known.reason.trim() === '')
    .map((known) => `in test/skips.json without a reason: ${known.test}`);
  return [...unlisted, ...ran, ...unexplained];
};

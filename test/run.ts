// `node test/run.ts SUITE [FILE…]`: runs a suite, or some files of it, and holds the skipped tests
// against test/skips.json.
import { join } from 'node:path';
import { runUnderDeno } from './runner/deno.ts';
import { runUnderNode } from './runner/node.ts';
import { compareSkips, readSkips } from './runner/skips.ts';
import { findSuite, suiteFiles } from './runner/suites.ts';

const main = async (name: string, chosen: readonly string[]): Promise<number> => {
  const root = join(import.meta.dirname, '..');
  const suite = findSuite(name);
  const files = chosen.length > 0 ? chosen : suiteFiles(suite, root);
  if (files.length === 0) {
    process.stderr.write(`Expected test files at ${suite.include.join(', ')}, found none\n`);
    return 1;
  }
  const runSuite = suite.runtime === 'deno' ? runUnderDeno : runUnderNode;
  const { passed, skipped } = await runSuite(suite, files, root);
  // Part of a suite says nothing about the listed tests of the other files.
  if (chosen.length > 0) return passed ? 0 : 1;

  const environment = process.env.CI === 'true' ? 'ci' : 'bare';
  const listed = readSkips(join(root, 'test/skips.json'), environment);
  const differences = compareSkips(suite.name, listed, skipped);
  for (const line of differences) process.stderr.write(`✖ ${environment}: ${line}\n`);
  return passed && differences.length === 0 ? 0 : 1;
};

const [name = 'unit', ...chosen] = process.argv.slice(2);
process.exitCode = await main(name, chosen);

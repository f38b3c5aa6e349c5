import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Skip } from './skips.ts';
import type { Suite } from './suites.ts';

// Node's own limit comes first: it names the test that hangs.
const KILL_GRACE_MS = 5_000;

export interface Outcome {
  readonly passed: boolean;
  readonly skipped: readonly Skip[];
}

/**
 * Node 24 may spin for ever in its own cleanup once sockets were reset, as the fault proxy does to
 * them. Only scenarios skip that: in other suites a file that leaves something open is to be seen.
 */
const exitOf = ({ name }: Suite): string[] => (name === 'scenarios' ? ['--test-force-exit'] : []);

/** Runs the files under Node's own runner, a process and a hard time limit for each. */
export const runUnderNode = async (
  suite: Suite,
  files: readonly string[],
  root: string,
): Promise<Outcome> => {
  const skipped: Skip[] = [];
  let passed = false;
  const preload = new URL('preload.ts', import.meta.url);
  preload.searchParams.set('killAfterMs', String(suite.fileTimeoutMs + KILL_GRACE_MS));
  const stream = run({
    files: files.map((file) => join(root, file)),
    cwd: root,
    concurrency: availableParallelism(),
    timeout: suite.fileTimeoutMs,
    execArgv: [...exitOf(suite), '--import', preload.href],
  });
  stream.on('test:pass', (event) => {
    // A todo passes whatever it does, so that it counts as one that did not run.
    if (event.skip !== undefined || event.todo !== undefined) {
      skipped.push({ suite: suite.name, test: event.name });
    }
  });
  stream.on('test:summary', (event) => {
    // One summary a file, then the one of the whole run, which names no file.
    if (event.file === undefined) passed = event.success && event.counts.tests > 0;
  });
  const report = stream.compose(new spec());
  report.pipe(process.stdout);
  await once(report, 'end');
  return { passed, skipped };
};

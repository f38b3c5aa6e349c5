import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './node.ts';
import type { Skip } from './skips.ts';
import type { Suite } from './suites.ts';

// Everything: better-sqlite3 is a native addon, and Deno opens /proc for nothing less.
const PERMISSIONS = ['--allow-all'];

const SKIPPED_CASE = /<testcase name="([^"]*)"[^>]*>\s*<skipped/g;
const ENTITIES: Record<string, string> = { gt: '>', lt: '<', amp: '&', quot: '"', apos: "'" };

/** The titles of skipped tests in a report of `deno test --junit-path`. */
export const skippedInReport = (suite: string, xml: string): Skip[] =>
  [...xml.matchAll(SKIPPED_CASE)].map(([, name = '']) => {
    const path = name.replace(/&(gt|lt|amp|quot|apos);/g, (_, entity) => ENTITIES[entity] ?? '');
    // Deno names the parents too, Node's events do not.
    return { suite, test: path.split(' > ').at(-1) ?? path };
  });

/** Runs the same files under `deno test`; types are tsc's affair. */
export const runUnderDeno = async (
  suite: Suite,
  files: readonly string[],
  root: string,
): Promise<Outcome> => {
  const folder = mkdtempSync(join(tmpdir(), 'px-deno-'));
  const report = join(folder, 'junit.xml');
  try {
    const deno = spawn(
      join(root, 'node_modules/deno/deno'),
      ['test', '--no-check', ...PERMISSIONS, `--junit-path=${report}`, ...files],
      {
        cwd: root,
        // Deno does not run every `after` of a test: what they would remove goes with the folder.
        env: { ...process.env, TMPDIR: folder },
        stdio: 'inherit',
        timeout: suite.fileTimeoutMs,
        killSignal: 'SIGKILL',
      },
    );
    const [status, signal] = await once(deno, 'exit');
    if (status !== 0) {
      // Its own summary is missing where it crashed or hung.
      process.stderr.write(`deno test ended with ${signal ?? `status ${status}`}\n`);
      return { passed: false, skipped: [] };
    }
    return { passed: true, skipped: skippedInReport(suite.name, readFileSync(report, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

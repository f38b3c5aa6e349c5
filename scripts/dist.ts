import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleCli } from './cli-bundle.ts';
import { bundleWorker } from './worker-bundle.ts';

const root = join(import.meta.dirname, '..');

// What sources find by a relative path: their shell scripts and pages, the migrations, the version.
const ASSETS = [
  '{protocol,control-plane,worker}/**/*.*',
  'dashboard/dist/**/*.*',
  'migrations/**/*.*',
  'package.json',
];

/**
 * Makes dist/, the part of a package that runs: Node strips no types under node_modules. The control
 * plane is in it file by file and where it is in the checkout, so that a path relative to a source
 * means the same from both; the CLI is one file, and so is the worker that travels to machines.
 *
 * @throws Error where a source does not compile
 */
export const makeDist = async (dist: string): Promise<void> => {
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', dist], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`tsc exited ${status}`);
  const found = globSync(ASSETS, { cwd: root, exclude: ['**/*.ts', '**/node_modules/**'] });
  for (const path of found) cpSync(join(root, path), join(dist, path), { recursive: true });
  await bundleCli(join(dist, 'cli/bundle/main.cjs'));
  await bundleWorker(join(dist, 'worker.mjs'));
};

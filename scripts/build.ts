// Makes dist/, the part of the packed tarball that runs: Node strips no types under node_modules.
// dist/ mirrors the checkout, so that a path relative to a source means the same from both.
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorker } from './worker-bundle.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

// What sources find by a relative path: their shell scripts and pages, the migrations, the version.
const ASSETS = [
  '{protocol,control-plane,worker,cli}/**/*.*',
  'dashboard/dist/**/*.*',
  'migrations/**/*.*',
  'package.json',
];

const compile = (): number => {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status } = spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  return status ?? 1;
};

const copyAssets = (): void => {
  const found = globSync(ASSETS, { cwd: root, exclude: ['**/*.ts', '**/node_modules/**'] });
  for (const path of found) {
    cpSync(join(root, path), join(dist, path), { recursive: true });
  }
};

rmSync(dist, { recursive: true, force: true });
const status = compile();
if (status === 0) {
  copyAssets();
  // What travels to machines: a package has no bundler.
  await bundleWorker(join(dist, 'worker.mjs'));
}
process.exitCode = status;

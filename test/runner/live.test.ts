import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const LIVE = join(import.meta.dirname, '../live/gcp.ts');

const run = (env: Record<string, string>) => {
  const path = process.env.PATH ?? '/usr/bin:/bin';
  return spawnSync(process.execPath, [LIVE], { env: { PATH: path, ...env }, encoding: 'utf8' });
};

test('the suite on a real project says what to set, and runs neither without it nor in CI', () => {
  const bare = run({});
  assert.equal(bare.status, 1);
  assert.match(bare.stderr, /PX_LIVE_GCP_PROJECT=my-project npm run test:live:gcp/);
  const automatic = run({ CI: 'true', PX_LIVE_GCP_PROJECT: 'my-project' });
  assert.equal(automatic.status, 1);
  assert.match(automatic.stderr, /never runs in CI/);
});

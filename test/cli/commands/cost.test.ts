import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPx } from '../../helpers/run-px.ts';

test('px cost says by what it can be shown', async () => {
  const { status, stderr } = await runPx('cost --by moon', { cwd: '/' });
  assert.equal(status, 125);
  assert.match(stderr, /Expected --by to be cluster, job, day, got `moon`/);
});

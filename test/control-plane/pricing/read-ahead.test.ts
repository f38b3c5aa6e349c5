import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAhead } from '../../../control-plane/pricing/catalog-file.ts';
import { realClock } from '../../helpers/manual-clock.ts';
import { silentLog } from '../../helpers/stand-ins.ts';

const setUp = (market: () => never) => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  const file = { db: market, market, exists: () => true, close: () => undefined };
  return { file, warnings, log };
};

test('a catalog that cannot be read ahead is no failure of its import: who asks next is told', async () => {
  const { file, log, warnings } = setUp(() => {
    throw new Error('database disk image is malformed');
  });
  // Under Deno a timer that holds nothing lets the test end before it.
  const clock = { ...realClock, sleep: async () => undefined };
  await readAhead(file, { clock, log, signal: new AbortController().signal });
  assert.deepEqual(warnings, ['The price catalog could not be read ahead.']);
});

test('a catalog that is closed is not opened again to be read ahead', async () => {
  const { file, log } = setUp(() => assert.fail('it was opened'));
  await readAhead(file, { clock: realClock, log, signal: AbortSignal.abort() });
});

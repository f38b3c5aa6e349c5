import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilItWorks } from '../../../cli/run/retry.ts';
import { tellTrouble } from '../../../cli/run/trouble.ts';
import { createClient } from '../../../protocol/client.ts';
import { PxError } from '../../../protocol/errors.ts';
import { fakeScreen } from '../../helpers/fake-screen.ts';

/** What px says while its calls meet these answers, one after the other, and then a good one. */
const wordsAt = async (answer: () => Promise<Response>, failures = 3): Promise<string[]> => {
  const screen = fakeScreen();
  let left = failures;
  const client = createClient({ url: 'http://px.test', token: null, fetch: answer });
  const work = async () => {
    left -= 1;
    if (left >= 0) await client.call('status');
  };
  const patience = { sleep: async () => {}, signal: new AbortController().signal };
  await untilItWorks(work, { ...patience, onTrouble: tellTrouble(screen) });
  return screen.words;
};

test('a full disk is told in the words and with the hint of the control plane', async () => {
  const full = new PxError('disk_full', 'The disk of the control plane is full.', {
    hint: 'Free some space.',
  });
  const words = await wordsAt(async () => Response.json(full.toBody(), { status: full.status }));
  assert.deepEqual(words, [
    'The disk of the control plane is full; trying again.',
    'Free some space.',
  ]);
});

test('a network that fails is told as a control plane that does not answer', async () => {
  const words = await wordsAt(() => Promise.reject(new TypeError('fetch failed')));
  assert.deepEqual(words, ['The control plane does not answer; trying again.']);
});

test('a second kind of trouble is told too, and neither twice', async () => {
  const full = new PxError('disk_full', 'The disk is full.').toBody();
  let calls = 0;
  const words = await wordsAt(() => {
    calls += 1;
    return calls % 2 === 0
      ? Promise.reject(new TypeError('fetch failed'))
      : Promise.resolve(Response.json(full, { status: 507 }));
  }, 5);
  assert.deepEqual(words, [
    'The control plane does not answer; trying again.',
    'The disk is full; trying again.',
  ]);
});

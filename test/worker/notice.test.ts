import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../worker/clock.ts';
import { createNotice } from '../../worker/notice.ts';
import type { Cleanup } from '../helpers/control-plane.ts';
import { listen } from '../helpers/listen.ts';
import { until } from '../helpers/processes.ts';

const silent = { warn: () => undefined };

/** A metadata server whose value a test changes. */
const setUp = async (t: Cleanup) => {
  const owner = { value: 'FALSE', tell: (_: string) => {}, asked: 0 };
  const url = await listen(t, (request) => {
    owner.asked += 1;
    if (request.headers.get('flavor') !== 'vanilla') return new Response(null, { status: 403 });
    if (!request.url.endsWith('?wait')) return new Response(`${owner.value}\n`);
    return new Promise((resolve) => {
      owner.tell = (value) => resolve(new Response(value));
    });
  });
  const place = { url, waitUrl: `${url}/?wait`, headers: { flavor: 'vanilla' } };
  const notice = createNotice({
    config: { notice: { ...place, value: 'TRUE', graceMs: 30_000 } },
    ...{ fetch, clock: systemClock, log: silent },
  });
  return { owner, notice };
};

describe('the word of a machine that is taken back', () => {
  test('is heard as it changes, and leaves attempts some seconds less than there are', async (t) => {
    const { owner, notice } = await setUp(t);
    assert.equal(await notice.isGiven(), false);
    const heard = notice.wait(new AbortController().signal);
    await until('it waits', () => owner.asked >= 3);
    owner.tell('TRUE');
    assert.equal(await heard, 24_000);
    assert.equal(await notice.isGiven(), true);
  });

  test('stands once it was said', async (t) => {
    const { owner, notice } = await setUp(t);
    owner.value = 'TRUE';
    assert.equal(await notice.isGiven(), true);
    owner.value = 'FALSE';
    assert.equal(await notice.wait(new AbortController().signal), 24_000);
  });

  test('is never said where nobody owns the machine', async () => {
    const notice = createNotice({ config: {}, fetch, clock: systemClock, log: silent });
    assert.equal(await notice.isGiven(), false);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longPoll, type Poll } from '../../worker/long-poll.ts';

const { signal } = new AbortController();

/** Watches nothing; ends with the poll. */
const idle = ({ signal: over }: Poll): Promise<void> =>
  new Promise((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));

const pending = ({ signal: over }: { signal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => {
    if (over.aborted) reject(over.reason);
    over.addEventListener('abort', () => reject(over.reason));
  });

test('a poll gives its answer, and its watch ends with it', async () => {
  let isWatching = true;
  const watch = async (poll: Poll) => {
    await idle(poll);
    isWatching = false;
  };
  assert.equal(await longPoll(signal, watch, async () => 'answer'), 'answer');
  assert.equal(isWatching, false);
});

test('a poll that its watch gives up answers nothing', async () => {
  assert.equal(await longPoll(signal, async (poll) => poll.giveUp(), pending), null);
});

test('a poll whose worker ends answers nothing, and one that fails throws', async () => {
  const worker = new AbortController();
  const open = longPoll(worker.signal, idle, pending);
  worker.abort();
  assert.equal(await open, null);
  const failing = longPoll(signal, idle, async () => Promise.reject(new Error('broken')));
  await assert.rejects(failing, /broken/);
});

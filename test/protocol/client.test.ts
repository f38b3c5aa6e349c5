import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';

/** An answer whose connection breaks after its first bytes. */
const half = (status: number): Response => {
  let isFirst = true;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (isFirst) controller.enqueue(new TextEncoder().encode('{"items":'));
      else controller.error(new TypeError('terminated'));
      isFirst = false;
    },
  });
  return new Response(body, { status });
};

for (const status of [200, 503]) {
  test(`an answer ${status} that breaks off in its middle may be asked for again`, async () => {
    const answer = async () => half(status);
    const client = createClient({ url: 'http://127.0.0.1:1', token: null, fetch: answer });
    await assert.rejects(
      client.call('health'),
      (error) => error instanceof PxError && error.code === 'unavailable',
    );
  });
}

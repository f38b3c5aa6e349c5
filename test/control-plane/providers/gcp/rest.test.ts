import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { GoogleAuth } from 'google-auth-library';
import { hintFor, Refusal } from '../../../../control-plane/providers/gcp/refusal.ts';
import { createRest } from '../../../../control-plane/providers/gcp/rest.ts';
import { startGce } from '../../../emulators/gce/start.ts';
import { realClock } from '../../../helpers/manual-clock.ts';

/** Waits of seconds take milliseconds. */
const clock = {
  ...realClock,
  sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms / 100, signal),
};

const askAt = (url: string): Promise<string> =>
  createRest({ auth: new GoogleAuth(), url, fetch, clock }).callerAddress();

test("the question for this machine's address is answered, or ends and names who is silent", async (t) => {
  const gce = await startGce(t);
  assert.equal(await askAt(gce.url), gce.callerAddress);
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const sockets: { destroy(): unknown }[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  const { port } = silent.address() as AddressInfo;
  const refusalOf = async (): Promise<Refusal> => {
    const refusal = await askAt(`http://127.0.0.1:${port}`).catch((cause: unknown) => cause);
    assert.ok(refusal instanceof Refusal);
    return refusal;
  };
  const late = await refusalOf();
  assert.match(late.message, /^The network gives no answer of http:.*\/checkip, .*: nothing came /);
  for (const socket of sockets) socket.destroy();
  silent.close();
  const closed = await refusalOf();
  assert.match(closed.message, /ECONNREFUSED|Connection refused/);
  assert.equal(hintFor(closed, 'demo-project'), 'px doctor');
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertHoldsCrowd } from '../helpers/crowd.ts';
import { makeEmbedded } from '../helpers/embedded.ts';
import { processesOf, until } from '../helpers/processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const DENO = [
  join(ROOT, 'node_modules/deno/deno'),
  'run',
  '-A',
  '--no-check',
  join(ROOT, 'control-plane/deno.ts'),
];

/** As much of the answers as is looked at. */
interface Body {
  status?: string;
  openapi?: string;
  created?: boolean;
  nodes?: { state: string }[];
  error?: { code: string };
  items?: unknown[];
  next?: null;
}

const bodyOf = async (response: Response): Promise<Body> => JSON.parse(await response.text());

test('the control plane serves under Deno, with a worker on Node, and stops', async (t) => {
  const px = makeEmbedded(t, DENO);
  const child = px.start();
  const { url, token, pid } = await px.serving();
  assert.equal(pid, child.pid);
  const call = async (method: string, path: string, json?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    return { status: response.status, body: await bodyOf(response) };
  };

  assert.deepEqual((await bodyOf(await fetch(`${url}/v1/health`))).status, 'ok');
  assert.equal((await fetch(`${url}/v1/jobs`)).status, 401);
  assert.deepEqual((await call('GET', '/v1/jobs')).body, { items: [], next: null });
  assert.equal((await call('GET', '/v1/openapi.json')).body.openapi, '3.1.0');

  const spec = { provider: 'local', nodes: 1, cpusPerNode: 1, idleTimeoutMs: 0, maxLifetimeMs: 0 };
  const up = await call('POST', '/v1/clusters', { name: 'demo', spec });
  assert.deepEqual([up.status, up.body.created], [200, true]);
  await until('the node is ready', async () => {
    const { body } = await call('GET', '/v1/clusters/demo');
    return body.nodes?.[0]?.state === 'ready';
  });
  await assertHoldsCrowd(t, { url, pid });
  const missing = await call('GET', '/v1/jobs/j0000000000');
  assert.deepEqual([missing.status, missing.body.error?.code], [404, 'job_not_found']);

  assert.equal((await call('POST', '/v1/server/stop?down=1')).status, 200);
  assert.equal(await px.ended(child), 0);
  await until('nothing is left', () => processesOf(px.home).length === 0, 5000);
});

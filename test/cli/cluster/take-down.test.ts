import assert from 'node:assert/strict';
import { test } from 'node:test';
import { undoUp } from '../../../cli/cluster/take-down.ts';
import { createClient } from '../../../protocol/client.ts';

/** What px says of a cluster that did not come up, where the control plane answers this to its `down`. */
const said = async (answer: Response): Promise<string[]> => {
  const words: string[] = [];
  const client = createClient({ url: 'http://127.0.0.1', token: 't', fetch: async () => answer });
  const context = {
    client: async () => client,
    reconnect: async () => client,
    sleep: async () => undefined,
    output: { say: (line: string) => void words.push(line) },
  };
  await undoUp(context, 'demo');
  return words;
};

const SPEC = { provider: 'ssh', nodes: 1, cpusPerNode: 0, idleTimeoutMs: 0, maxLifetimeMs: 0 };
const CLUSTER = {
  ...{ id: 'c0000000000', name: 'demo', state: 'down', spec: SPEC, createdAt: 0, downAt: 0 },
  ...{ runningJobs: 0, uncollectedJobs: 0 },
};

test('a machine that was given up while what was created went down is named', async () => {
  const node = {
    ...{ id: 'n0000000000', name: 'demo-0', state: 'terminated', slots: 1, incarnation: 0 },
    ...{ problem: 'root@alpha: out of reach', leases: 0, createdAt: 0 },
    ...{ cpus: null, memoryBytes: null, version: null, protocol: null, seenAt: null },
  };
  assert.deepEqual(await said(Response.json({ ...CLUSTER, nodes: [node] })), [
    'Took down what was created. Left: node demo-0, given up (root@alpha: out of reach).',
  ]);
  assert.deepEqual(await said(Response.json({ ...CLUSTER, nodes: [] })), [
    'Took down what was created. Left: nothing.',
  ]);
});

test('where it does not go down, its user hears so, and what to type', async () => {
  const error = { code: 'provider_refused', message: 'The cloud says no.', hint: null };
  assert.deepEqual(await said(Response.json({ error }, { status: 502 })), [
    'What was created is still there: The cloud says no. To try again: px cluster down demo',
  ]);
});

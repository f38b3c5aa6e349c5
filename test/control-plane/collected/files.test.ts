import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countUncollectedJobs } from '../../../control-plane/store/cluster-jobs.ts';
import { toBase64, utf8 } from '../../../protocol/bytes.ts';
import { putBlobs } from '../../helpers/blobs.ts';
import { createTestDeps } from '../../helpers/control-plane.ts';
import { makeCluster, queueJob } from '../../helpers/execution.ts';
import { createCaller, sha256 } from '../../helpers/jobs.ts';
import { done, type HeldLease, type Said, started } from '../../helpers/worker.ts';

const wrote = (lease: HeldLease, path: Uint8Array, content: string, version = 1): Said =>
  done(lease, {
    collected: [
      {
        path: toBase64(path),
        mode: 0o644,
        size: content.length,
        sha256: sha256(utf8(content)),
        version,
        writers: [{ partition: lease.partition, attempt: lease.attempt }],
      },
    ],
  });

test('collected files come in pages by path, conflicts with each node', async (t) => {
  const deps = createTestDeps(t);
  const { client } = createCaller(deps);
  const { clusterId, workers } = makeCluster(deps, [2, 2]);
  const [first, second] = workers;
  assert.ok(first && second);
  await putBlobs(client, ...['both', 'one', 'odd', 'a'].map((content) => utf8(content)));
  const id = await queueJob(deps, clusterId, { parallel: 4, collect: ['**'] });
  const odd = Uint8Array.of(0xff, 0x2f, 0x0a);
  const [a0, a1] = await first.claim(2);
  const [b0, b1] = await second.claim(2);
  assert.ok(a0 && a1 && b0 && b1);
  await first.report([started(a0), wrote(a0, utf8('same'), 'both')]);
  await second.report([started(b0), wrote(b0, utf8('same'), 'one')]);
  await first.report([started(a1), wrote(a1, odd, 'odd')]);
  await second.report([started(b1), wrote(b1, utf8('a'), 'a')]);
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 1, ...(cursor === undefined ? {} : { cursor }) };
    const page = await client.call('files', { params: { id }, query });
    for (const { path, nodeName, conflict } of page.items) {
      const name = Buffer.from(path, 'base64').toString('latin1');
      listed.push(`${name} ${nodeName} ${conflict}`);
    }
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  assert.deepEqual(listed, [
    'a node-1 false',
    'same node-0 true',
    'same node-1 true',
    `${Buffer.from(odd).toString('latin1')} node-0 false`,
  ]);
  assert.equal(countUncollectedJobs(deps.db, clusterId), 1);
  assert.equal((await client.call('job', { params: { id } })).collectedFiles, 3);
  await client.call('filesFetched', { params: { id } });
  assert.equal(countUncollectedJobs(deps.db, clusterId), 0);
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeFolder } from '../../../control-plane/node-folder.ts';
import { concat } from '../../../protocol/bytes.ts';
import { PxError } from '../../../protocol/errors.ts';
import { encodeFrame } from '../../../protocol/frames.ts';
import { REPORT_FILE, REPORT_MAX_BYTES } from '../../../protocol/messages/worker.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { jobRow, makeCluster, queueJob } from '../../helpers/execution.ts';
import { ranWith } from '../../helpers/worker.ts';

const isCode = (code: string) => (error: unknown) =>
  error instanceof PxError && error.code === code;

/** A job of one partition that a node holds, and the whole report of it. */
const setUp = async (t: Cleanup) => {
  const deps = createTestDeps(t);
  const {
    clusterId,
    workers: [worker],
  } = makeCluster(deps, [1]);
  assert.ok(worker);
  const id = await queueJob(deps, clusterId);
  const [lease] = await worker.claim(1);
  assert.ok(lease);
  const said = ranWith(lease, { output: ['one', 'two'] });
  const report = concat(said.map(([header, body]) => encodeFrame(header, body)));
  const folder = nodeFolder(deps.dataDir, worker.nodeId);
  const write = (bytes: Uint8Array): void => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, REPORT_FILE), bytes);
  };
  return { job: () => jobRow(deps, id), worker, report, write };
};

test('a report that stands in a file of the node counts as one in the request', async (t) => {
  const { job, worker, report, write } = await setUp(t);
  // An earlier report was longer.
  write(concat([report, Buffer.from('what is left of an earlier one')]));
  const [result] = await worker.reportFile(report.length);
  assert.equal(result?.status, 'ok');
  assert.deepEqual([job().state, job().outputBytes], ['succeeded', 6]);
});

test('a file that is not there, too short, too long or written over is refused', async (t) => {
  const { job, worker, report, write } = await setUp(t);
  await assert.rejects(worker.reportFile(report.length), isCode('bad_request'));
  write(report);
  await assert.rejects(worker.reportFile(report.length + 1), isCode('bad_request'));
  await assert.rejects(worker.reportFile(REPORT_MAX_BYTES + 1), isCode('too_large'));
  const changed = Buffer.from(report);
  changed.write('TWO', changed.indexOf('two'));
  write(changed);
  await assert.rejects(worker.reportFile(report.length), isCode('hash_mismatch'));
  assert.deepEqual([job().state, job().outputBytes], ['running', 0]);
});

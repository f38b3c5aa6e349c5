// Machines of an emulated Google Cloud that are taken back or vanish while they work.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import { preempt } from '../../emulators/gce/lifecycle.ts';
import { until } from '../../helpers/processes.ts';
import { assertNothingLeft, skip, useGcp } from '../support/gcp.ts';
import { partlyDone } from '../support/watch.ts';

const LINES = Array.from({ length: 40 }, (_, index) => `line-${index}`);

/** Two spot machines in the middle of a job of 40 lines. */
const startWork = async (t: TestContext) => {
  const { px, gce } = await useGcp(t);
  const words = ['--provider', 'gcp', '--nodes', '2', '--spot'];
  await px.ok(['cluster', 'up', 'jpg', ...words]);
  px.write('lines.txt', `${LINES.join('\n')}\n`);
  const job = ['run', 'sleep 0.5; echo {}', '--args-file', 'lines.txt', '-n', '1'];
  const running = px.start([...job, '--cluster', 'jpg']);
  const { id } = await partlyDone(px, 8);
  const [taken] = gce.vms.values();
  assert.ok(taken !== undefined);
  return { px, gce, running, id, taken };
};

/** Every line came once, and no attempt of it counts as lost or failed. */
const assertUnharmed = async ({ px, running, id }: Awaited<ReturnType<typeof startWork>>) => {
  const ended = await running.ended(200_000);
  assert.equal(ended.status, 0, ended.stderr);
  assert.deepEqual(ended.stdout.toString().trim().split('\n').sort(), LINES.toSorted());
  // The superseded attempts of a job say why; what is given back says `node_lost`, and counts as nothing.
  const db = new Database(join(px.home, 'px.db'), { readonly: true });
  try {
    const columns = 'sum(failures) AS failures, sum(crashes) AS crashes, sum(losses) AS losses';
    const row = db.prepare(`SELECT ${columns} FROM partitions WHERE job_id = ?`).get(id);
    assert.deepEqual(row, { failures: 0, crashes: 0, losses: 0 });
  } finally {
    db.close();
  }
};

describe('a spot machine', () => {
  test('that is taken back in the middle of a job is replaced, and no line is lost', {
    skip,
  }, async (t) => {
    const world = await startWork(t);
    const { px, gce, taken } = world;
    gce.delays.preemptionMs = 3_000;
    await preempt(gce, taken);
    await assertUnharmed(world);
    await until('another machine has its place', () => gce.vms.size === 2, 60_000);
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
  });

  test('that hears of its end takes nothing new, and what runs there ends in peace', {
    skip,
  }, async (t) => {
    const world = await startWork(t);
    const { px, gce, taken } = world;
    gce.delays.noticeMs = 15_000;
    gce.delays.preemptionMs = 3_000;
    const over = preempt(gce, taken);
    const isTold = async (): Promise<boolean> => {
      const { nodes } = await px.api().call('cluster', { params: { name: 'jpg' } });
      return nodes.some(({ problem }) => problem === 'The cloud takes its machine back.');
    };
    await until('the node drains', isTold);
    await assertUnharmed(world);
    await over;
    await until('another machine has its place', () => gce.vms.size === 2, 60_000);
    await px.ok(['cluster', 'down', 'jpg', '--force']);
    assertNothingLeft(gce);
  });
});

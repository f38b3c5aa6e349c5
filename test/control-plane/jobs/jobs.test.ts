import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createSealer } from '../../../control-plane/create-sealer.ts';
import { closeDb } from '../../../control-plane/db/open.ts';
import { insertCluster } from '../../../control-plane/store/clusters.ts';
import { toBase64, utf8 } from '../../../protocol/bytes.ts';
import type { JobSpec } from '../../../protocol/messages/jobs.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { createCaller, feed, inputOf, submission } from '../../helpers/jobs.ts';

const setUp = (t: Cleanup) => {
  const deps = createTestDeps(t);
  return { deps, ...createCaller(deps) };
};

const shell = (source: string): JobSpec['command'] => ({
  kind: 'shell',
  source: toBase64(utf8(source)),
});

describe('a submit', () => {
  test('sent twice with one idempotency key is one job', async (t) => {
    const { client } = setUp(t);
    const headers = { 'idempotency-key': 'once' };
    const submit = () => client.call('jobSubmit', { json: submission(), headers });
    const [first, ...others] = await Promise.all([submit(), submit(), submit()]);
    for (const { id } of others) assert.equal(id, first.id);
    assert.equal((await submit()).id, first.id);
    assert.notEqual((await client.call('jobSubmit', { json: submission() })).id, first.id);
    assert.equal((await client.call('jobs')).items.length, 2);
  });

  test('needs no more than a cluster and a command', async (t) => {
    const { client } = setUp(t);
    const { cluster } = submission();
    const json = { cluster, spec: { command: shell('true') } };
    const { spec } = await client.call('jobSubmit', { json });
    assert.deepEqual(spec.input, { kind: 'none' });
    assert.deepEqual([spec.limits.retries, spec.limits.crashRetries], [0, 2]);
  });

  test('to a cluster that is not there or not up says how to bring it up', async (t) => {
    const { deps, client } = setUp(t);
    insertCluster(deps.db, {
      id: 'c0000000001',
      name: 'gone',
      state: 'down',
      spec: { provider: 'local', nodes: 1, cpusPerNode: 1, idleTimeoutMs: 0, maxLifetimeMs: 0 },
      createdAt: 1,
      activeAt: 1,
    });
    for (const [cluster, code] of [
      ['none', 'cluster_not_found'],
      ['gone', 'cluster_not_up'],
    ]) {
      const call = client.call('jobSubmit', { json: { ...submission(), cluster: cluster ?? '' } });
      await assert.rejects(call, { code, hint: `px cluster up ${cluster}` });
    }
  });

  test('whose parts do not fit together is refused', async (t) => {
    const { client } = setUp(t);
    const args = (template: string) => ({ kind: 'args', separator: '\n', template }) as const;
    const refusals: Partial<JobSpec>[] = [
      { command: shell('echo hi'), input: args('{}') },
      { command: shell("echo '{}'"), input: args('{}') },
      { command: { kind: 'argv', words: [toBase64(utf8('echo'))] }, input: args('{}') },
      { cut: { mode: 'batch', size: 2 } },
      { cut: { mode: 'auto' } },
      { everyNode: true, input: { kind: 'stdin' } },
      { workdir: toBase64(utf8('../x')) },
    ];
    for (const over of refusals) {
      const call = client.call('jobSubmit', { json: submission(over) });
      await assert.rejects(call, { code: 'bad_request' });
    }
    assert.deepEqual((await client.call('jobs')).items, []);
  });

  test('with an environment that leaves no room for arguments is refused', async (t) => {
    const { client } = setUp(t);
    const env = { env: { BIG: 'x'.repeat(500_000) }, secrets: {} };
    const call = client.call('jobSubmit', { json: { ...submission(), env } });
    await assert.rejects(call, { code: 'bad_request' });
  });

  test('keeps environment and secrets sealed: the database file does not hold them', async (t) => {
    const dataDir = createTestDeps(t).dataDir;
    const sealer = createSealer(join(dataDir, 'key'));
    const deps = createTestDeps(t, { sealer });
    const { client } = createCaller(deps);
    const env = { env: { PLAIN: 'opensesame-env' }, secrets: { TOKEN: 'opensesame-secret' } };
    const { id } = await client.call('jobSubmit', { json: { ...submission(), env } });
    deps.db.$client.pragma('wal_checkpoint(TRUNCATE)');
    const read = () =>
      ['px.db', 'px.db-wal']
        .map((name) => join(deps.dataDir, name))
        .filter((path) => existsSync(path))
        .map((path) => readFileSync(path).toString('latin1'))
        .join('');
    assert.ok(read().includes(id));
    assert.ok(!read().includes('opensesame'));
    await client.call('jobCancel', { params: { id } });
    assert.equal(deps.db.$client.prepare('select count(*) as n from job_secrets').pluck().get(), 0);
    closeDb(deps.db);
    assert.ok(!read().includes('opensesame'));
  });
});

describe('jobs', () => {
  test('are listed newest first, in pages that hold each once', async (t) => {
    const { client } = setUp(t);
    const ids: string[] = [];
    for (let at = 0; at < 7; at++) {
      ids.unshift((await client.call('jobSubmit', { json: submission({ name: `j${at}` }) })).id);
    }
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 3, ...(cursor === undefined ? {} : { cursor }) };
      const page = await client.call('jobs', { query });
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(listed, ids);
    await assert.rejects(client.call('jobs', { query: { cursor: 'x' } }), { code: 'bad_request' });
  });

  test('of a cluster are none, or an error where no cluster of that name ever was', async (t) => {
    const { client } = setUp(t);
    const of = (cluster: string) => client.call('jobs', { query: { cluster } });
    assert.deepEqual((await of('demo')).items, []);
    assert.deepEqual((await of('local')).items, []);
    await assert.rejects(of('other'), { code: 'cluster_not_found' });
  });

  test('show their command so that it cannot drive a terminal', async (t) => {
    const { client } = setUp(t);
    const shown = async (command: JobSpec['command']) =>
      (await client.call('jobSubmit', { json: submission({ command }) })).command;
    assert.equal(await shown(shell('echo \u001b[2J\u202e\n')), 'echo \\u{1b}[2J\\u{202e}\\u{0a}');
    const words = ['ls', '-l', 'a b', "it's"].map((word) => toBase64(utf8(word)));
    assert.equal(await shown({ kind: 'argv', words }), "ls -l 'a b' 'it'\\''s'");
  });

  test('that are canceled are over, with status 130', async (t) => {
    const { client } = setUp(t);
    const { id } = await client.call('jobSubmit', { json: submission() });
    const job = await client.call('jobCancel', { params: { id } });
    assert.deepEqual([job.state, job.exit, job.problem?.code], ['canceled', 130, 'canceled']);
    const { items } = await client.call('events', { params: { id } });
    assert.deepEqual(
      items.map(({ kind, data }) => [kind, (data as { state: string }).state]),
      [
        ['job', 'queued'],
        ['job', 'canceled'],
      ],
    );
  });

  test('are removed once they are over, with everything of theirs', async (t) => {
    const { deps, client } = setUp(t);
    const json = submission({ input: inputOf('stdin', '\n'), cut: { mode: 'auto' } });
    const { id } = await client.call('jobSubmit', { json });
    await feed(client, id, utf8('one\n'), 4);
    const folder = join(deps.dataDir, 'jobs', id);
    assert.ok(existsSync(folder));
    await assert.rejects(client.call('jobRemove', { params: { id } }), {
      code: 'job_running',
      hint: `px job cancel ${id}`,
    });
    await client.call('jobCancel', { params: { id } });
    await client.call('jobRemove', { params: { id } });
    assert.ok(!existsSync(folder));
    await assert.rejects(client.call('job', { params: { id } }), { code: 'job_not_found' });
    for (const table of ['jobs', 'log', 'partitions', 'job_secrets', 'collected']) {
      const count = deps.db.$client.prepare(`select count(*) from ${table}`).pluck().get();
      assert.equal(count, 0, table);
    }
  });

  test('that are detached are not attached any more', async (t) => {
    const { client } = setUp(t);
    const { id } = await client.call('jobSubmit', { json: submission() });
    await client.call('jobDetach', { params: { id } });
    const { spec } = await client.call('job', { params: { id } });
    assert.equal(spec.attached, false);
    assert.deepEqual({ ...spec, attached: true }, submission().spec);
  });

  test('that are not there are not found, on every route', async (t) => {
    const { request } = setUp(t);
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
      ['DELETE', ''],
      ['POST', '/detach'],
      ['GET', '/partitions'],
      ['GET', '/events'],
      ['GET', '/output'],
      ['GET', '/files'],
      ['GET', '/input'],
      ['POST', '/input/heartbeat'],
    ]) {
      const response = await request(`/v1/jobs/j0000000000${path}`, { method: method ?? '' });
      assert.equal(response.status, 404, `${method} ${path}`);
    }
  });
});

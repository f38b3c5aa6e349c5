import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { createClient } from '../../../protocol/client.ts';
import { type Embedded, makeEmbedded } from '../../helpers/embedded.ts';
import { submission } from '../../helpers/jobs.ts';
import { isAlive, processesOf, signal, until } from '../../helpers/processes.ts';
import { runPx } from '../../helpers/run-px.ts';

const run = (px: Embedded, words: string) => runPx(words, { env: { PX_HOME: px.home } });

const up = async (px: Embedded) => {
  const spec = {
    provider: 'local',
    nodes: 1,
    cpusPerNode: 1,
    idleTimeoutMs: 0,
    maxLifetimeMs: 0,
  } as const;
  const client = createClient({ ...px.read(), fetch });
  await client.call('clusterUp', { json: { name: 'demo', spec } });
  await until('the node is ready', async () => {
    const { nodes } = await client.call('cluster', { params: { name: 'demo' } });
    return nodes[0]?.state === 'ready';
  });
  return client;
};

const BROKEN = `
  const health = { status: 'ok', version: '0.1.0', protocol: 1, problem: null };
  const server = require('node:http').createServer((request, answer) => {
    answer.statusCode = request.url.startsWith(process.argv[1]) ? 500 : 200;
    answer.end(JSON.stringify(answer.statusCode === 500
      ? { error: { code: 'internal', message: 'It failed by a bug of its own.', hint: null } }
      : health));
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  process.on('SIGTERM', () => undefined);
`;

/** A server that answers 500 where a path begins so, and ignores SIGTERM. */
const startBroken = async (t: TestContext, px: Embedded, broken: string, youngerMs = 0) => {
  const child = spawn(process.execPath, ['-e', BROKEN, broken], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const [port] = await once(child.stdout, 'data');
  const facts = { token: 't', version: '0.1.0', protocol: 1, id: 'broken' };
  const url = `http://127.0.0.1:${Number(String(port))}`;
  const file = { ...facts, pid: child.pid ?? 0, url, startedAt: Date.now() - youngerMs };
  writeFileSync(join(px.home, 'server.json'), JSON.stringify(file));
  return file;
};

describe('px server', () => {
  test('start is idempotent and status shows pid, url and version, never the token', async (t) => {
    const px = makeEmbedded(t);
    const first = JSON.parse((await run(px, 'server start --json')).stdout);
    const second = JSON.parse((await run(px, 'server start --json')).stdout);
    assert.deepEqual(second, first);
    const status = await run(px, 'server status --json');
    assert.equal(status.status, 0);
    assert.deepEqual(JSON.parse(status.stdout), first);
    const { pid, url, version, token } = px.read();
    assert.deepEqual(
      [first.pid, first.url, first.version, first.running],
      [pid, url, version, true],
    );
    assert.ok(!status.stdout.includes(token));
    const words = await run(px, 'server status');
    assert.equal(words.stdout, '');
    assert.ok(words.stderr.includes(`process ${pid}`) && words.stderr.includes(url));
  });

  test('status of one that does not run says so with 1 and starts nothing', async (t) => {
    const px = makeEmbedded(t);
    const { status, stdout } = await run(px, 'server status --json');
    assert.deepEqual([status, JSON.parse(stdout)], [1, { running: false }]);
    assert.deepEqual(processesOf(px.home), []);
  });

  test('stop takes the clusters of this machine down and leaves no process', async (t) => {
    const px = makeEmbedded(t);
    await run(px, 'server start');
    await up(px);
    const { status, stderr } = await run(px, 'server stop');
    assert.equal(status, 0, stderr);
    await until('nothing is left', () => processesOf(px.home).length === 0, 5000);
    const again = await run(px, 'server stop');
    assert.equal(again.status, 0);
    assert.match(again.stderr, /not running/);
  });

  test('stop refuses while a job has not ended, and cancels it by force', async (t) => {
    const px = makeEmbedded(t);
    await run(px, 'server start');
    const client = await up(px);
    // Its bundle never comes: the job waits.
    await client.call('jobSubmit', {
      json: submission({ input: { kind: 'stdin' }, cut: { mode: 'auto' } }),
    });
    const refused = await run(px, 'server stop');
    assert.equal(refused.status, 125);
    assert.match(refused.stderr, /not ended.*\n?.*px server stop --force/);
    assert.equal((await run(px, 'server stop --force')).status, 0);
    await until('nothing is left', () => processesOf(px.home).length === 0, 5000);
  });

  test('with --keep-clusters the workers stay and reconnect at the next start', async (t) => {
    const px = makeEmbedded(t);
    await run(px, 'server start');
    await up(px);
    const { pid } = px.read();
    assert.equal((await run(px, 'server stop --keep-clusters')).status, 0);
    assert.ok(!isAlive(pid));
    const [worker] = processesOf(px.home).filter(({ command }) => command.includes('--px-node='));
    assert.ok(worker !== undefined);
    await run(px, 'server start');
    const client = createClient({ ...px.read(), fetch });
    const { id } = await client.call('jobSubmit', { json: submission({ attached: false }) });
    await until('it has run a job', async () => {
      const { state } = await client.call('job', { params: { id } });
      return state === 'succeeded';
    });
    assert.ok(isAlive(worker.pid));
  });

  test('one that does not answer is killed by force, and its clusters go down', async (t) => {
    const px = makeEmbedded(t);
    await run(px, 'server start');
    await up(px);
    signal(px.read().pid, 'SIGSTOP');
    const { status, stderr } = await run(px, 'server stop --force');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /does not answer: killing it/);
    await until('nothing is left', () => processesOf(px.home).length === 0, 5000);
  });

  for (const broken of ['/v1/server/stop', '/v1/']) {
    test(`one that answers 500 to ${broken} is ended by force`, async (t) => {
      const px = makeEmbedded(t);
      const file = await startBroken(t, px, broken);
      const refused = await run(px, 'server stop');
      assert.equal(isAlive(file.pid), true, refused.stderr);
      const { status, stderr } = await run(px, 'server stop --force --keep-clusters');
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`fails: ending it \\[process ${file.pid}\\]`));
      assert.equal(isAlive(file.pid), false);
    });
  }

  test('a process that got the pid of a server is not ended by force', async (t) => {
    const px = makeEmbedded(t);
    const file = await startBroken(t, px, '/v1/', 60_000);
    await run(px, 'server stop --force --keep-clusters');
    assert.equal(isAlive(file.pid), true);
  });
});

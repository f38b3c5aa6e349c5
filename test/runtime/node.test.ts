import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { PROTOCOL, VERSION } from '../../protocol/version.ts';
import { assertHoldsCrowd } from '../helpers/crowd.ts';
import { makeEmbedded } from '../helpers/embedded.ts';
import { isAlive, until } from '../helpers/processes.ts';

describe('the embedded server', () => {
  test('it serves on loopback, and its files are for its owner alone', async (t) => {
    const px = makeEmbedded(t);
    px.start();
    const file = await px.serving();
    assert.match(file.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual([file.version, file.protocol], [VERSION, PROTOCOL]);
    for (const name of ['server.json', 'token', 'key', 'server.log', 'px.db', 'px.db-wal']) {
      assert.equal(statSync(join(px.home, name)).mode & 0o777, 0o600, name);
    }
    assert.equal(statSync(px.home).mode & 0o777, 0o700);
    const status = await px.client().call('status');
    assert.deepEqual([status.pid, status.id, status.clusters], [file.pid, file.id, 0]);
    const database = new Database(join(px.home, 'px.db'), { readonly: true });
    const stored = JSON.stringify(database.prepare('select * from tokens').all());
    database.close();
    assert.ok(!stored.includes(file.token), 'only the hash of the token is stored');
    assert.ok(!px.log().includes(file.token), 'the log holds no token');
  });

  test('a thousand nodes that come back at once find room to wait', async (t) => {
    const px = makeEmbedded(t);
    px.start();
    await assertHoldsCrowd(t, await px.serving());
  });

  test('a server.json that is damaged or removed is written again', async (t) => {
    const px = makeEmbedded(t);
    px.start();
    const file = await px.serving();
    const path = join(px.home, 'server.json');
    for (const damage of [() => writeFileSync(path, '{"pid":'), () => rmSync(path)]) {
      damage();
      assert.deepEqual(await px.serving(), file);
    }
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('of two starts one serves and the other ends quietly', async (t) => {
    const px = makeEmbedded(t);
    const both = [px.start(), px.start()];
    const { pid } = await px.serving();
    const loser = both.find((child) => child.pid !== pid);
    assert.ok(loser !== undefined && both.some((child) => child.pid === pid));
    assert.equal(await px.ended(loser), 0);
    assert.equal((await px.client().call('health')).status, 'ok');
    assert.doesNotMatch(px.log(), /"level":"error"/);
  });

  test('after kill -9 the next one serves the same data with the same token', async (t) => {
    const px = makeEmbedded(t);
    px.start();
    const first = await px.serving();
    const json = {
      name: 'demo',
      spec: { provider: 'local', nodes: 1, cpusPerNode: 1, idleTimeoutMs: 0, maxLifetimeMs: 0 },
    } as const;
    const { cluster } = await px.client().call('clusterUp', { json });
    process.kill(first.pid, 'SIGKILL');
    px.start();
    const second = await px.serving(first.pid);
    assert.deepEqual([second.id, second.token], [first.id, first.token]);
    const again = await until('the worker reconnected', async () => {
      const view = await px.client().call('cluster', { params: { name: 'demo' } });
      return view.nodes[0]?.state === 'ready' ? view : undefined;
    });
    assert.equal(again.id, cluster.id);
    await px.client().call('clusterDown', { params: { name: 'demo' } });
    assert.deepEqual(readdirSync(join(px.home, 'nodes')), []);
  });

  test('a newer database is refused with what to do', async (t) => {
    const px = makeEmbedded(t);
    const database = new Database(join(px.home, 'px.db'));
    database.pragma('user_version = 9999');
    database.close();
    assert.equal(await px.ended(px.start()), 1);
    assert.match(px.log(), /"code":"newer_database".*Update px/);
    assert.ok(!existsSync(join(px.home, 'server.json')));
  });

  test('wrong settings are refused in the log', async (t) => {
    const px = makeEmbedded(t);
    writeFileSync(join(px.home, 'settings.json'), '{"leaseMs": "soon"}');
    assert.equal(await px.ended(px.start()), 1);
    assert.match(px.log(), /"code":"bad_config".*leaseMs/);
  });

  test('it ends by itself after its lifetime without work', async (t) => {
    const px = makeEmbedded(t);
    writeFileSync(join(px.home, 'settings.json'), '{"lifetimeMs": 1500}');
    const child = px.start();
    await px.serving();
    assert.equal(await px.ended(child), 0);
    assert.ok(!existsSync(join(px.home, 'server.json')));
  });

  test('it ends once its home is deleted', async (t) => {
    const px = makeEmbedded(t);
    const child = px.start();
    await px.serving();
    rmSync(px.home, { recursive: true, force: true });
    await px.ended(child);
  });

  test('SIGTERM ends it at once though a worker polls', async (t) => {
    const px = makeEmbedded(t);
    const child = px.start();
    await px.serving();
    const spec = {
      provider: 'local',
      nodes: 1,
      cpusPerNode: 1,
      idleTimeoutMs: 0,
      maxLifetimeMs: 0,
    } as const;
    const client = px.client();
    await client.call('clusterUp', { json: { name: 'demo', spec } });
    const ready = async () =>
      (await client.call('cluster', { params: { name: 'demo' } })).nodes[0]?.state === 'ready';
    await until('the node is ready', ready);
    child.kill('SIGTERM');
    assert.equal(await px.ended(child), 0);
    assert.match(px.log(), /The server has ended/);
    assert.doesNotMatch(px.log(), /"level":"error"/);
  });

  test('the route stops it', async (t) => {
    const px = makeEmbedded(t);
    const child = px.start();
    await px.serving();
    assert.deepEqual(await px.client().call('stop'), { ok: true });
    assert.equal(await px.ended(child), 0);
    assert.ok(!isAlive(child.pid ?? 0));
  });

  test('a body without end is cut off at the limit, and the connection is not kept', async (t) => {
    const px = makeEmbedded(t);
    px.start();
    const { url, token } = await px.serving();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    t.after(() => void socket.destroy());
    socket.on('error', () => undefined);
    const head = [
      'POST /v1/clusters HTTP/1.1',
      'host: 127.0.0.1',
      `authorization: Bearer ${token}`,
      'transfer-encoding: chunked',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    let answer = '';
    let isClosed = false;
    socket.on('data', (bytes) => {
      answer += bytes.toString();
    });
    socket.on('close', () => {
      isClosed = true;
    });
    await until('it answers and closes', () => {
      if (!isClosed && socket.writableLength < 1 << 20) socket.write(piece);
      return isClosed;
    });
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /"too_large"/);
  });
});

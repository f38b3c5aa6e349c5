import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import Database from 'better-sqlite3';
import { connect } from '../../../cli/server/connect.ts';
import { ensureServer, findServer } from '../../../cli/server/find-server.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import { PxError } from '../../../protocol/errors.ts';
import { makeEmbedded } from '../../helpers/embedded.ts';
import { isAlive, processesOf, signal, until } from '../../helpers/processes.ts';

const ENV = { PATH: process.env.PATH, HOME: '/nonexistent' };

const withCode = (code: ErrorCode, words: RegExp) => (cause: unknown) =>
  cause instanceof PxError && cause.code === code && words.test(`${cause.message} ${cause.hint}`);

describe('finding the embedded control plane', () => {
  test('nothing is started by a look', async (t) => {
    const { home } = makeEmbedded(t);
    assert.equal(await findServer({ home, env: ENV }), null);
    assert.deepEqual(processesOf(home), []);
  });

  test('a folder in the place of server.json is named at once, and nothing is started', async (t) => {
    const { home } = makeEmbedded(t);
    mkdirSync(join(home, 'server.json'), { recursive: true });
    const named = withCode('server_failed', /server\.json, got a folder\. .*Move it away/);
    await assert.rejects(ensureServer({ home, env: ENV }), named);
    await assert.rejects(findServer({ home, env: ENV }), named);
    assert.deepEqual(processesOf(home), []);
  });

  test('a server whose server.json is lost is waited for, by a look too', async (t) => {
    const { home, start, serving } = makeEmbedded(t);
    start();
    const { pid } = await serving();
    const path = join(home, 'server.json');
    for (const damage of [() => writeFileSync(path, '{'), () => rmSync(path)]) {
      damage();
      assert.equal((await findServer({ home, env: ENV }))?.pid, pid);
    }
    assert.equal(processesOf(home).length, 1);
  });

  test('several at once start one server, in a session of its own and with a clean environment', async (t) => {
    const { home } = makeEmbedded(t);
    const env = { ...ENV, AWS_SECRET_ACCESS_KEY: 'secret', PX_JOB: 'j1' };
    const found = await Promise.all([1, 2, 3].map(() => ensureServer({ home, env })));
    const [first] = found;
    assert.ok(first !== undefined && found.every(({ pid }) => pid === first.pid));
    await until('the losers have ended', () => processesOf(home).length === 1);
    const [server] = processesOf(home);
    assert.equal(server?.pid, first.pid);
    assert.doesNotMatch(JSON.stringify(server?.environment), /secret|j1/);
    const stat = readFileSync(`/proc/${first.pid}/stat`, 'latin1');
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    assert.equal(session, String(first.pid));
    assert.equal((await findServer({ home, env }))?.pid, first.pid);
  });

  test('a client goes on after kill -9, at the call after the one that failed', async (t) => {
    const { home, serving } = makeEmbedded(t);
    const client = await connect({ home, env: ENV });
    const before = await client.call('status');
    process.kill(before.pid, 'SIGKILL');
    await until('it is dead', () => !isAlive(before.pid));
    await assert.rejects(client.call('status'), withCode('unavailable', /does not answer/));
    const [one, two] = await Promise.all([client.call('status'), client.call('status')]);
    assert.equal(one.id, before.id);
    assert.notEqual(one.pid, before.pid);
    assert.equal(one.pid, two.pid);
    assert.equal((await serving()).pid, one.pid);
  });

  test('nothing is sent to a port whose server is dead', async (t) => {
    const { home, start, serving } = makeEmbedded(t);
    start();
    const file = await serving();
    process.kill(file.pid, 'SIGKILL');
    await until('it is dead', () => !isAlive(file.pid));
    let asked = 0;
    const stranger = createServer((_, answer) => {
      asked += 1;
      answer.end('{}');
    });
    stranger.listen(0, '127.0.0.1');
    t.after(() => void stranger.close());
    await until('the stranger listens', () => stranger.listening);
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    writeFileSync(join(home, 'server.json'), JSON.stringify({ ...file, url }));
    assert.equal(await findServer({ home, env: ENV }), null);
    assert.equal(asked, 0);
  });

  test('a process that got the pid of a dead server is not asked, waited for or ended', async (t) => {
    const { home, start, serving } = makeEmbedded(t);
    start();
    const file = await serving();
    process.kill(file.pid, 'SIGKILL');
    await until('it is dead', () => !isAlive(file.pid));
    let asked = 0;
    const stranger = createServer((_, answer) => {
      asked += 1;
      answer.end(JSON.stringify({ ok: true }));
    });
    stranger.listen(0, '127.0.0.1');
    t.after(() => void stranger.close());
    await until('the stranger listens', () => stranger.listening);
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    // This very process has the pid now; it started at another time.
    const pid = process.pid;
    writeFileSync(join(home, 'server.json'), JSON.stringify({ ...file, url, pid }));
    assert.equal(await findServer({ home, env: ENV }), null);
    assert.notEqual((await ensureServer({ home, env: ENV })).pid, pid);
    assert.equal(asked, 0);
  });

  test('one that is stopped is called unavailable, not replaced', async (t) => {
    const { home, start, serving } = makeEmbedded(t);
    start();
    const { pid } = await serving();
    signal(pid, 'SIGSTOP');
    // The answer's time limit is over at once; a real one is not waited for.
    const clock = { clock: () => performance.now(), sleep: async () => undefined };
    await assert.rejects(
      ensureServer({ home, env: ENV, clock }),
      withCode('unavailable', new RegExp(`process ${pid}.*px server stop --force`)),
    );
    signal(pid, 'SIGCONT');
  });

  test('why it does not start is said in its own words', async (t) => {
    const { home } = makeEmbedded(t);
    const database = new Database(join(home, 'px.db'));
    database.pragma('user_version = 9999');
    database.close();
    await assert.rejects(
      ensureServer({ home, env: ENV }),
      withCode('newer_database', /did not start: A newer px has written .* Update px/),
    );
  });

  test('a PX_HOME that cannot be made is refused', async (t) => {
    const { home } = makeEmbedded(t);
    writeFileSync(join(home, 'file'), '');
    await assert.rejects(
      ensureServer({ home: join(home, 'file', 'home'), env: ENV }),
      withCode('bad_config', /PX_HOME cannot be written/),
    );
  });
});

describe('a newer px', () => {
  const own = { version: '99.0.0', protocol: 1, oldest: 1 };

  test('it replaces the server of an older one, on the same data', async (t) => {
    const { home, start, serving } = makeEmbedded(t);
    start();
    const old = await serving();
    const fresh = await ensureServer({ home, env: ENV, own });
    assert.notEqual(fresh.pid, old.pid);
    assert.equal(fresh.id, old.id);
    assert.ok(!isAlive(old.pid));
  });

  test('it leaves a server whose workers it could not speak to', async (t) => {
    const { home, start, serving, client } = makeEmbedded(t);
    start();
    const old = await serving();
    const spec = {
      provider: 'local',
      nodes: 1,
      cpusPerNode: 1,
      idleTimeoutMs: 0,
      maxLifetimeMs: 0,
    } as const;
    await client().call('clusterUp', { json: { name: 'demo', spec } });
    await until('the node is ready', async () => {
      const { nodes } = await client().call('cluster', { params: { name: 'demo' } });
      return nodes[0]?.state === 'ready';
    });
    await assert.rejects(
      ensureServer({ home, env: ENV, own: { version: '99.0.0', protocol: 3, oldest: 2 } }),
      withCode('upgrade_required', /workers of demo .*px cluster down demo/),
    );
    assert.ok(isAlive(old.pid));
  });

  test('an older px uses the server of a newer one', async (t) => {
    const { home, start, serving } = makeEmbedded(t);
    start();
    const { pid } = await serving();
    const older = { version: '0.0.1', protocol: 1, oldest: 1 };
    assert.equal((await ensureServer({ home, env: ENV, own: older })).pid, pid);
  });
});

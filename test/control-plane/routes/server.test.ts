import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../../control-plane/app.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { allHandlers } from '../../../control-plane/handlers.ts';
import { PROTOCOL, VERSION } from '../../../protocol/version.ts';
import { makeTokens } from '../../helpers/app.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { testSettings } from '../../helpers/stand-ins.ts';

const askHealth = async (t: Cleanup, over: Partial<Deps> = {}, damage?: (deps: Deps) => void) => {
  const deps = createTestDeps(t, over);
  const app = createApp(deps, allHandlers(deps));
  damage?.(deps);
  return JSON.parse(await (await app.request('/v1/health')).text());
};

describe('health', () => {
  test('it says that all is well, and nothing else', async (t) => {
    assert.deepEqual(await askHealth(t), {
      status: 'ok',
      version: VERSION,
      protocol: PROTOCOL,
      problem: null,
    });
  });

  test('it is red with the reason where the disk has less space than the floor', async (t) => {
    const settings = { ...testSettings, freeFloorBytes: Number.MAX_SAFE_INTEGER };
    const { status, problem } = await askHealth(t, { settings });
    assert.equal(status, 'red');
    assert.match(problem, /nearly full: \d+ MiB free, and px leaves .+goes on by itself/);
  });

  test('it is red where the database is damaged', async (t) => {
    const { status, problem } = await askHealth(t, {}, ({ db }) => {
      db.$client.unsafeMode(true);
      db.$client.pragma('writable_schema = ON');
      db.$client.exec("update sqlite_schema set rootpage = 99999 where name = 'meta'");
      db.$client.pragma('writable_schema = RESET');
    });
    assert.equal(status, 'red');
    assert.match(problem, /damaged.*restore/);
  });
});

describe('the server itself', () => {
  test('status counts clusters, jobs and bytes, and keeps its id', async (t) => {
    const deps = createTestDeps(t);
    const app = createApp(deps, allHandlers(deps));
    const { client } = makeTokens(deps);
    const headers = { authorization: `Bearer ${client}` };
    const ask = async () => JSON.parse(await (await app.request('/v1/server', { headers })).text());
    const status = await ask();
    assert.deepEqual([status.pid, status.clusters, status.runningJobs], [process.pid, 1, 0]);
    assert.ok(status.dataBytes > 0);
    assert.match(status.id, /^[0-9a-f]{16}$/);
    assert.equal((await ask()).id, status.id);
  });

  test('stop begins once its answer is decided', async (t) => {
    let stopped = 0;
    const deps = createTestDeps(t);
    const stop = (): void => {
      stopped += 1;
    };
    const server = { ...deps.server, stop };
    const stopping = { ...deps, server };
    const app = createApp(stopping, allHandlers(stopping));
    const { client } = makeTokens(deps);
    const headers = { authorization: `Bearer ${client}` };
    const response = await app.request('/v1/server/stop', { method: 'POST', headers });
    assert.deepEqual([response.status, stopped], [200, 1]);
  });
});

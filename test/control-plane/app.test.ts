import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createApp } from '../../control-plane/app.ts';
import { ErrorBody } from '../../protocol/errors.ts';
import type { Role, Route } from '../../protocol/route.ts';
import { type RouteName, routes } from '../../protocol/routes.ts';
import { PROTOCOL, PROTOCOL_HEADER, PROTOCOL_OLDEST } from '../../protocol/version.ts';
import { makeTokens, REACHED, reached } from '../helpers/app.ts';
import { type Cleanup, createTestDeps } from '../helpers/control-plane.ts';
import { createManualClock } from '../helpers/manual-clock.ts';
import { silentLog } from '../helpers/stand-ins.ts';

const rows = Object.entries(routes) as [RouteName, Route][];
const ROLES = ['client', 'node', 'join'] as const;
const VERSION_HEADER = { [PROTOCOL_HEADER]: String(PROTOCOL) };

const setUp = (t: Cleanup) => {
  const clock = createManualClock();
  const deps = createTestDeps(t, { clock });
  return { clock, deps, app: createApp(deps, reached), tokens: makeTokens(deps) };
};

const pathOf = ({ path }: Route): string => path.replaceAll(/\{\w+\}/g, 'x');

const call = async (
  app: ReturnType<typeof setUp>['app'],
  route: Route,
  token: string | null,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
) => {
  const headers = { ...VERSION_HEADER, ...init.headers };
  const method = route.method.toUpperCase();
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return app.request(pathOf(route), { ...init, method, headers: { ...headers, ...authorization } });
};

const errorOf = async (response: Response) => ErrorBody.parse(await response.json()).error;

/** Past authentication: the handler, or its parts were looked at and found wanting. */
const isLetIn = (status: number): boolean => status === REACHED || status === 400;

describe('who may call', () => {
  test('every route but health refuses a call without a token', async (t) => {
    const { app } = setUp(t);
    for (const [name, route] of rows) {
      const { status } = await call(app, route, null);
      if (route.role === 'public') assert.ok(isLetIn(status), name);
      else assert.equal(status, 401, name);
    }
    assert.deepEqual(
      rows.filter(([, route]) => route.role === 'public').map(([name]) => name),
      ['health'],
    );
  });

  test('every route refuses a token that nobody gave out', async (t) => {
    const { app } = setUp(t);
    for (const [name, route] of rows.filter(([, { role }]) => role !== 'public')) {
      assert.equal((await call(app, route, 'f'.repeat(64))).status, 401, name);
    }
  });

  test('a token opens the routes of its own role alone', async (t) => {
    const { app, tokens } = setUp(t);
    for (const [name, route] of rows.filter(([, { role }]) => role !== 'public')) {
      for (const role of ROLES) {
        const { status } = await call(app, route, tokens[role]);
        const words = `${role} token on ${name}: ${status}`;
        if (role === route.role) assert.ok(isLetIn(status), words);
        else assert.equal(status, 403, words);
      }
    }
  });

  test('a join token is refused after its time', async (t) => {
    const { app, clock, tokens } = setUp(t);
    clock.advance(60_000);
    assert.equal((await call(app, routes.workerJoin, tokens.join)).status, 401);
  });

  test('the OpenAPI document and its page need a token', async (t) => {
    const { app, tokens } = setUp(t);
    for (const path of ['/v1/openapi.json', '/v1/docs']) {
      assert.equal((await app.request(path)).status, 401);
      const headers = { authorization: `Bearer ${tokens.client}` };
      assert.equal((await app.request(path, { headers })).status, 200);
    }
  });

  test('a browser at the page is told how to save it', async (t) => {
    const { app } = setUp(t);
    const headers = { accept: 'text/html,*/*;q=0.8' };
    const response = await app.request('http://127.0.0.1:4321/v1/docs', { headers });
    assert.equal(response.status, 401);
    const { code, hint } = await errorOf(response);
    assert.equal(code, 'unauthorized');
    assert.match(
      hint ?? '',
      /curl -H .*token.* http:\/\/127\.0\.0\.1:4321\/v1\/docs > px-docs\.html$/,
    );
  });

  test('what is no route is 401 without a token and 404 with one', async (t) => {
    const { app, tokens } = setUp(t);
    assert.equal((await app.request('/v1/nothing')).status, 401);
    const headers = { authorization: `Bearer ${tokens.client}` };
    const response = await app.request('/v1/nothing', { headers });
    assert.equal(response.status, 404);
    assert.equal((await errorOf(response)).code, 'not_found');
  });

  test('a Host that is not this machine is refused on loopback', async (t) => {
    const { app } = setUp(t);
    const statusOf = async (host: string) =>
      (await app.request('/v1/health', { headers: { host } })).status;
    for (const host of ['evil.example', 'localhost.evil.example:80', '127.0.0.1.nip.io']) {
      assert.equal(await statusOf(host), 403, host);
    }
    for (const host of ['127.0.0.1:4321', 'localhost:1', '[::1]:1']) {
      assert.equal(await statusOf(host), REACHED, host);
    }
  });

  test('no answer allows another origin', async (t) => {
    const { app } = setUp(t);
    const headers = { origin: 'https://evil.example' };
    const response = await app.request('/v1/health', { headers });
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  });
});

describe('the protocol number', () => {
  const ask = async (t: Cleanup, role: Exclude<Role, 'public'>, header: string | null) => {
    const { app, tokens } = setUp(t);
    const route =
      role === 'client' ? routes.status : role === 'node' ? routes.workerLeave : routes.workerJoin;
    return app.request(route.path, {
      method: route.method.toUpperCase(),
      headers: {
        authorization: `Bearer ${tokens[role]}`,
        ...(header === null ? {} : { [PROTOCOL_HEADER]: header }),
      },
    });
  };

  test('one outside the range is answered 426 with what is spoken', async (t) => {
    for (const role of ROLES) {
      for (const header of [
        String(PROTOCOL + 1),
        String(PROTOCOL_OLDEST - 1),
        'one',
        '1.5',
        '-1',
      ]) {
        const response = await ask(t, role, header);
        assert.equal(response.status, 426, `${role} ${header}`);
        const { code, details } = await errorOf(response);
        assert.equal(code, 'upgrade_required');
        assert.deepEqual(details, { oldest: PROTOCOL_OLDEST, newest: PROTOCOL });
      }
    }
  });

  test('curl may leave it out, a worker may not', async (t) => {
    assert.equal((await ask(t, 'client', null)).status, REACHED);
    assert.equal((await ask(t, 'node', null)).status, 426);
    assert.equal((await ask(t, 'join', null)).status, 426);
  });
});

describe('bodies and queries', () => {
  const UP = JSON.stringify({
    name: 'demo',
    spec: { provider: 'local', nodes: 0, cpusPerNode: 1, idleTimeoutMs: 0, maxLifetimeMs: 0 },
  });

  const post = async (t: Cleanup, body: string) => {
    const { app, tokens } = setUp(t);
    return call(app, routes.clusterUp, tokens.client, { body });
  };

  test('an announced length above the limit is answered 413 before it is read', async (t) => {
    const { app, tokens } = setUp(t);
    const headers = { 'content-length': String(1 + (1 << 20)) };
    const response = await call(app, routes.clusterUp, tokens.client, { body: '{}', headers });
    assert.equal(response.status, 413);
    assert.equal((await errorOf(response)).code, 'too_large');
  });

  test('a chunked body is cut off at the limit', async (t) => {
    const { app, tokens } = setUp(t);
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(1 << 16).fill(32));
      },
    });
    const init = { body, duplex: 'half' } as { body: typeof body };
    const response = await call(app, routes.clusterUp, tokens.client, init);
    assert.equal(response.status, 413);
    assert.ok(pulled < 24, `${pulled} pieces of 64 KiB were pulled`);
  });

  test('what is no JSON is a bad request', async (t) => {
    const response = await post(t, '{"name":');
    assert.equal(response.status, 400);
    const { code, message } = await errorOf(response);
    assert.equal(code, 'bad_request');
    assert.match(message, /Expected JSON/);
  });

  test('a wrong value is named with its path, what was expected and what was got', async (t) => {
    const { message, details } = await errorOf(await post(t, UP));
    assert.equal(message, 'Bad body: Expected at least 1 at `spec.nodes`, got `0` (number).');
    assert.equal(Array.isArray(details) && details.length, 1);
  });

  test('an unknown key and a wrong type are named', async (t) => {
    const wrong = { name: 'Demo', spec: { provider: 'x', nodes: '2', colour: 1 } };
    const { details } = await errorOf(await post(t, JSON.stringify(wrong)));
    const words = JSON.stringify(details);
    assert.match(words, /Expected a name like jpg/);
    assert.match(words, /Expected gcp \| aws .* at `spec.provider`, got `x` \(string\)/);
    assert.match(words, /Expected number at `spec.nodes`, got `2` \(string\)/);
    assert.match(words, /no key colour at `spec`/);
    assert.match(words, /at `spec.cpusPerNode`, got nothing/);
  });

  test('a page of no items, or of too many, is refused with the bound', async (t) => {
    const { app, tokens } = setUp(t);
    const headers = { authorization: `Bearer ${tokens.client}` };
    for (const [limit, bound] of [
      ['0', 'at least 1'],
      ['1001', 'at most 1000'],
    ] as const) {
      const response = await app.request(`/v1/jobs?limit=${limit}`, { headers });
      assert.equal(response.status, 400);
      const { message } = await errorOf(response);
      assert.equal(
        message,
        `Bad query: Expected ${bound} at \`limit\`, got \`${limit}\` (string).`,
      );
    }
  });

  test('a query that is no number is a bad request', async (t) => {
    const { app, tokens } = setUp(t);
    const headers = { authorization: `Bearer ${tokens.client}` };
    const response = await app.request('/v1/jobs?limit=many', { headers });
    assert.equal(response.status, 400);
    assert.match((await errorOf(response)).message, /^Bad query: Expected .*`limit`/);
  });

  test('a query beyond its bounds is a bad request', async (t) => {
    const { app, tokens } = setUp(t);
    const headers = { authorization: `Bearer ${tokens.client}` };
    const response = await app.request('/v1/clusters/demo?waitMs=999999', { headers });
    assert.match((await errorOf(response)).message, /at most 60000 at `waitMs`, got `999999`/);
  });
});

describe('failures', () => {
  const failing = async (t: Cleanup, error: Error) => {
    const logged: string[] = [];
    const log = { ...silentLog, error: (message: string) => void logged.push(message) };
    const deps = createTestDeps(t, { log: { ...log, child: () => log } });
    const health = async () => {
      throw error;
    };
    const app = createApp(deps, { ...reached, health });
    return { response: await app.request('/v1/health'), logged };
  };

  test('a bug is answered 500 without its words, and logged', async (t) => {
    const { response, logged } = await failing(t, new Error('secret words'));
    assert.equal(response.status, 500);
    const text = await response.text();
    assert.doesNotMatch(text, /secret words|at .*\.ts/);
    assert.equal(ErrorBody.parse(JSON.parse(text)).error.code, 'internal');
    assert.equal(logged.length, 1);
  });

  test('a full disk is 507 wherever it is met', async (t) => {
    for (const code of ['ENOSPC', 'EROFS', 'SQLITE_FULL']) {
      const { response } = await failing(t, Object.assign(new Error('no'), { code }));
      assert.equal(response.status, 507, code);
      assert.equal((await errorOf(response)).code, 'disk_full');
    }
  });

  test('a damaged database is 503 with the command that restores it', async (t) => {
    const error = Object.assign(new Error('malformed'), { code: 'SQLITE_CORRUPT' });
    const { response } = await failing(t, error);
    assert.equal(response.status, 503);
    assert.match((await errorOf(response)).hint ?? '', /mv px\.db/);
  });
});

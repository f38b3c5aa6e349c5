// Who may call what, and what a job can find out.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { routes } from '../../../protocol/routes.ts';
import { processesOf, until } from '../../helpers/processes.ts';
import { useFaultyPx, usePx } from '../support/network.ts';
import { attemptsOf } from '../support/watch.ts';

const concrete = (path: string): string => path.replaceAll(/\{(\w+)\}/g, '0');

describe('security', () => {
  test('every route but health refuses without a token', async (t) => {
    const px = usePx(t);
    await px.ok(['server', 'start']);
    const { url } = px.server();
    for (const [name, route] of Object.entries(routes)) {
      const method = route.method.toUpperCase();
      const answer = await fetch(`${url}${concrete(route.path)}`, {
        method,
        ...(method === 'POST'
          ? { body: '{}', headers: { 'content-type': 'application/json' } }
          : {}),
      });
      await answer.body?.cancel();
      assert.equal(answer.status, name === 'health' ? 200 : 401, name);
    }
  });

  test("a user's token opens no worker route, a node's token no user's", async (t) => {
    const { px, proxy } = await useFaultyPx(t, {});
    const tokens = new Set<string>();
    proxy.onRequest(({ headers, path }) => {
      if (path.endsWith('/claim')) tokens.add(String(headers.authorization));
    });
    await px.ok(['run', 'true']);
    const [node = ''] = tokens;
    const { url, token } = px.server();
    const ask = (path: string, method: string, authorization: string) =>
      fetch(`${url}${path}`, { method, headers: { authorization } }).then(({ status }) => status);
    assert.equal(await ask('/v1/jobs', 'GET', node), 403);
    assert.equal(await ask('/v1/worker/claim', 'POST', `Bearer ${token}`), 403);
    assert.equal(await ask('/v1/jobs', 'GET', `Bearer ${token}`), 200);
  });

  test("a worker's token is in no file, no argument and no environment", async (t) => {
    const { px, proxy } = await useFaultyPx(t, {});
    const tokens = new Set<string>();
    proxy.onRequest(({ headers }) => {
      tokens.add(String(headers.authorization).replace('Bearer ', ''));
    });
    const running = px.start(['run', 'env; sleep 2']);
    await until('the attempt runs', () => attemptsOf(px).length > 0);
    assert.ok(tokens.size >= 2, 'the join token and the node token came by');
    const processes = processesOf(px.folder);
    for (const token of tokens) {
      assert.match(token, /^[0-9a-f]{64}$|^.{40,}$/);
      for (const { pid, command, environment } of processes) {
        assert.ok(!command.includes(token), `argv of ${pid}`);
        assert.ok(
          !Object.values(environment).some((value) => value.includes(token)),
          `environment of ${pid}`,
        );
      }
      const found = await px.startProgram(['grep', '-rlF', token, px.folder]).ended();
      assert.equal(found.stdout.toString(), '', 'files that hold a token');
    }
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    for (const token of tokens) assert.ok(!ended.stdout.includes(token));
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClock } from '../../../control-plane/clock.ts';
import { NO_ACCESS } from '../../../control-plane/clusters/site.ts';
import type { Deps } from '../../../control-plane/deps.ts';
import { identify, isRunning, send } from '../../../control-plane/process-ref.ts';
import { createLocalProvider } from '../../../control-plane/providers/local/local.ts';
import { type Cleanup, createTestDeps } from '../../helpers/control-plane.ts';
import { findProcess, killAll, processesOf, until } from '../../helpers/processes.ts';
import { testProvider } from './conformance.ts';

const NODE = join(import.meta.dirname, '../../../node_modules/node/bin/node');

const make = (t: Cleanup, deps: Deps, url: string) => {
  const home = deps.dataDir;
  const serverFile = join(home, 'server.json');
  writeFileSync(serverFile, JSON.stringify({ url }));
  // The folder of the test marks every process, so that a failing test leaves none.
  t.after(async () => void (await killAll(home)));
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', PX_HOME: home };
  const files = { serverFile, sharesFiles: true };
  return createLocalProvider({ home, clock: createClock(), nodePath: NODE, env, ...files });
};

testProvider({ name: 'local', make: (t, deps, url) => ({ provider: make(t, deps, url) }) });

const SPEC = { nodes: 1, cpusPerNode: 1, idleTimeoutMs: 0, maxLifetimeMs: 0 };
const SITE = {
  ...{ clusterId: 'c1111111111', clusterName: 'demo', nodeName: 'demo-0', ordinal: 0, plan: null },
  ...{ spec: { provider: 'local' as const, ...SPEC }, access: NO_ACCESS },
};

const order = (nodeId: string) => ({
  ...{ ...SITE, nodeId, slots: 1, joinToken: 'secret-join-token' },
});

test('the join token is in no command line, environment or readable file', async (t) => {
  const deps = createTestDeps(t);
  const provider = make(t, deps, 'http://127.0.0.1:9');
  const ref = await provider.create(order('n1111111111'));
  const running = findProcess(Number(ref.pid));
  assert.ok(running !== undefined);
  assert.doesNotMatch(running.command, /secret/);
  assert.doesNotMatch(JSON.stringify(running.environment), /secret/);
  const dir = join(deps.dataDir, 'nodes', 'n1111111111');
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  for (const name of readdirSync(dir)) {
    if (statSync(join(dir, name)).isFile()) {
      assert.doesNotMatch(readFileSync(join(dir, name), 'latin1'), /secret/, name);
    }
  }
  await provider.destroy('n1111111111', ref, SITE);
});

test('down leaves no process and no file, also of a worker that hangs', async (t) => {
  const deps = createTestDeps(t);
  const provider = make(t, deps, 'http://127.0.0.1:9');
  const ref = await provider.create(order('n2222222222'));
  await until('the worker runs', () => processesOf(deps.dataDir).length > 0);
  process.kill(Number(ref.pid), 'SIGSTOP');
  await provider.destroy('n2222222222', ref, SITE);
  assert.equal(findProcess(Number(ref.pid)), undefined);
  assert.ok(!existsSync(join(deps.dataDir, 'nodes', 'n2222222222')));
});

test('a pid that another process has got is neither running nor killed', async (t) => {
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.after(() => void other.kill('SIGKILL'));
  const pid = other.pid ?? 0;
  const ref = await until('it runs', () => identify(pid) ?? undefined);
  const reused = { pid, startTicks: `${ref.startTicks}1` };
  assert.equal(isRunning(ref), true);
  assert.equal(isRunning(reused), false);
  send(reused, 'SIGKILL');
  const deps = createTestDeps(t);
  const provider = make(t, deps, 'http://127.0.0.1:9');
  await provider.destroy('n3333333333', reused, SITE);
  assert.equal(isRunning(ref), true);
  send(ref, 'SIGKILL');
  await until('it is dead', () => !isRunning(ref));
});

test('a worker that cannot start is refused with the reason', async (t) => {
  const deps = createTestDeps(t);
  const provider = createLocalProvider({
    home: deps.dataDir,
    clock: createClock(),
    nodePath: '/nonexistent/node',
    env: {},
    serverFile: '/nonexistent/server.json',
    sharesFiles: false,
  });
  await assert.rejects(provider.create(order('n4444444444')), /did not start: .*ENOENT/);
});

test('a worker that ended leaves its last words', async (t) => {
  const deps = createTestDeps(t);
  const provider = make(t, deps, 'http://127.0.0.1:9');
  const ref = await provider.create(order('n5555555555'));
  writeFileSync(join(deps.dataDir, 'nodes', 'n5555555555', 'worker.log'), 'one\nout of luck\n');
  process.kill(Number(ref.pid), 'SIGKILL');
  await until('it is dead', () => findProcess(Number(ref.pid)) === undefined);
  const described = await provider.describe('n5555555555', ref, SITE);
  assert.equal(described.state, 'gone');
  assert.match(described.problem ?? '', /out of luck/);
});

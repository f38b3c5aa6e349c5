import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createRuntime } from '../../../control-plane/machines/runtime.ts';
import type { Cleanup } from '../../helpers/control-plane.ts';
import { listen } from '../../helpers/listen.ts';

const NODE = join(import.meta.dirname, '../../../node_modules/node/bin/node');
const OTHER = process.arch === 'x64' ? 'aarch64' : 'x86_64';
const NAMES: Record<string, string> = { aarch64: 'arm64', x86_64: 'x64' };
const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
const version = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim();

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A place like nodejs.org/dist with a release of Node for one architecture. */
const setUp = async (t: Cleanup, sumOf = sha256) => {
  const folder = mkdtempSync(join(tmpdir(), 'px-runtime-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const name = `node-${version}-linux-${NAMES[OTHER]}`;
  mkdirSync(join(folder, name, 'bin'), { recursive: true });
  writeFileSync(join(folder, name, 'bin/node'), 'the other Node');
  execFileSync('tar', ['-czf', `${name}.tar.gz`, name], { cwd: folder });
  const archive = readFileSync(join(folder, `${name}.tar.gz`));
  const asked: string[] = [];
  const url = await listen(t, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    if (pathname === `/${version}/${name}.tar.gz`) return new Response(archive);
    if (pathname !== `/${version}/SHASUMS256.txt`) return new Response(null, { status: 404 });
    return new Response(`${sumOf(archive)}  ${name}.tar.gz\n`);
  });
  const cache = join(folder, 'cache');
  const runtime = createRuntime({ folder: cache, nodePath: NODE, env, fetch, nodeUrl: url });
  return { runtime, cache, asked };
};

test('a machine of another architecture gets the same Node from its releases, once', async (t) => {
  const { runtime, cache, asked } = await setUp(t);
  const machine = { os: 'Linux', arch: OTHER };
  const parcel = await runtime.node(machine, 'gzip');
  assert.ok(parcel !== null);
  assert.equal(gunzipSync(readFileSync(parcel.file)).toString(), 'the other Node');
  assert.equal(parcel.sha256, sha256(readFileSync(parcel.file)));
  assert.deepEqual(await runtime.node(machine, 'gzip'), parcel);
  assert.equal(asked.length, 2);
  const left = readdirSync(cache).map((name) => name.replace(/.*\.(gz|sum)$/, '$1'));
  assert.deepEqual(left.sort(), ['gz', 'sum']);
});

test('a Node that is not what its release says is refused, and nothing of it stays', async (t) => {
  const { runtime, cache } = await setUp(t, () => 'f'.repeat(64));
  await assert.rejects(runtime.node({ os: 'Linux', arch: OTHER }, 'gzip'), {
    code: 'provider_refused',
    message: /has the SHA-256 [0-9a-f]{64}, expected f{64}/,
    hint: /nodeUrl in PX_HOME\/settings\.json/,
  });
  assert.deepEqual(readdirSync(cache), []);
});

test('there is no Node for what is no Linux, or no machine that Node is released for', async (t) => {
  const { runtime } = await setUp(t);
  assert.equal(await runtime.node({ os: 'FreeBSD', arch: 'amd64' }, 'gzip'), null);
  assert.equal(await runtime.node({ os: 'Linux', arch: 'riscv64' }, 'gzip'), null);
});

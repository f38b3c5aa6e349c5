// Fault 29: the control plane's disk is full, and heals.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sleep, until } from '../../helpers/processes.ts';
import { PX } from '../../helpers/px-process.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { jobOf, partlyDone } from '../support/watch.ts';

const MIB = 1 << 20;
/** Above the floor at the start: other tests take and give back space of the same disk meanwhile. */
const MARGIN_BYTES = 1024 * MIB;

const health = async (url: string) =>
  ((await (await fetch(`${url}/v1/health`)).json()) as { status: string }).status;

describe('a full disk', () => {
  test('below the floor reports wait, nothing is lost, and it heals by itself', async (t) => {
    const { bavail, bsize } = statfsSync(tmpdir());
    const px = usePx(t, { settings: { freeFloorBytes: bavail * bsize - MARGIN_BYTES } });
    const running = startEcho(px, { before: 'sleep 0.02' });
    const { id } = await partlyDone(px, 100);
    const ballast = join(px.folder, 'ballast');
    for (let size = MARGIN_BYTES; (await health(px.server().url)) !== 'red'; size += 256 * MIB) {
      assert.ok(size < 4 * MARGIN_BYTES, 'the disk cannot be filled');
      await px.startProgram(['fallocate', '-l', `${size}`, ballast]).ended();
    }
    await sleep(1_500);
    const before = (await jobOf(px, id)).counters.succeeded;
    await sleep(1_500);
    assert.equal((await jobOf(px, id)).counters.succeeded, before, 'nothing is acknowledged');
    assert.ok(before < 1_000);
    rmSync(ballast);
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.equal(await health(px.server().url), 'ok');
  });

  // On a machine that is not known to be disposable nothing is mounted.
  const skip = process.env.CI === 'true' ? false : 'mounts a file system';
  test('a file system that is really full refuses with 507 and heals', { skip }, async (t) => {
    const px = usePx(t, { env: { SETTINGS: JSON.stringify({ freeFloorBytes: 4 * MIB }) } });
    // A mount namespace of its own: whatever happens, nothing stays mounted.
    const mount = `mount -t tmpfs -o size=64m tmpfs "$PX_HOME" &&
      printf %s "$SETTINGS" > "$PX_HOME/settings.json" && echo mounted && exec sleep 600`;
    const holder = px.startProgram(['unshare', '-m', 'sh', '-c', mount]);
    await until('it is mounted', () => holder.stdout().includes('mounted'));
    const inside = (args: readonly string[]) =>
      px.startProgram(['nsenter', '-t', `${holder.pid}`, '-m', `-w${px.project}`, PX, ...args]);
    assert.equal((await inside(['run', 'true']).ended()).status, 0);
    const home = join('/proc', `${holder.pid}`, 'root', px.home);
    writeFileSync(join(home, 'ballast'), Buffer.alloc(30 * MIB, 1));
    const running = inside(['run', 'head -c 20000000 /dev/zero', '-p', '2']);
    const { url } = JSON.parse(readFileSync(join(home, 'server.json'), 'utf8')) as { url: string };
    await until('health is red', async () => (await health(url)) === 'red');
    rmSync(join(home, 'ballast'));
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.length, 40_000_000);
    assert.equal((await inside(['server', 'stop']).ended()).status, 0);
    holder.child.kill('SIGKILL');
  });
});

// Fault 29: the control plane's disk is full, and heals.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { sleep, until } from '../../helpers/processes.ts';
import type { Px } from '../../helpers/px-process.ts';
import { assertOnce, startEcho } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { jobOf, partlyDone } from '../support/watch.ts';

const MIB = 1 << 20;

/**
 * A px on a disk of its own: other tests take and give back gigabytes of the machine's meanwhile.
 * `sizeMib` is the disk's, `floorMib` what px leaves free of it.
 */
const usePxOnDisk = (t: TestContext, sizeMib: number, floorMib: number): Px => {
  const disk = mkdtempSync(join(tmpdir(), 'px-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m`, 'tmpfs', disk]);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = disk;
  const px = usePx(t, { settings: { freeFloorBytes: floorMib * MIB } });
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  t.after(() => {
    execFileSync('umount', ['--lazy', disk]);
    rmdirSync(disk);
  });
  return px;
};

const health = async (px: Px) =>
  ((await (await fetch(`${px.server().url}/v1/health`)).json()) as { status: string }).status;

/** Takes space of px's disk; the function returned gives it back. */
const takeSpace = (px: Px, mib: number): (() => void) => {
  const ballast = join(px.folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(mib * MIB, 1));
  return () => rmSync(ballast);
};

// On a machine that is not known to be disposable nothing is mounted.
const skip = process.env.CI === 'true' ? false : 'mounts a file system';

describe('a full disk', { skip }, () => {
  test('below the floor reports wait, nothing is lost, and it heals by itself', async (t) => {
    const px = usePxOnDisk(t, 256, 128);
    const running = startEcho(px, { before: 'sleep 0.02' });
    const { id } = await partlyDone(px, 100);
    const giveBack = takeSpace(px, 140);
    await until('health is red', async () => (await health(px)) === 'red');
    await sleep(1_500);
    const before = (await jobOf(px, id)).counters.succeeded;
    await sleep(1_500);
    assert.equal((await jobOf(px, id)).counters.succeeded, before, 'nothing is acknowledged');
    assert.ok(before < 1_000);
    giveBack();
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assertOnce(ended.stdout);
    assert.equal(await health(px), 'ok');
  });

  test('a file system that is really full refuses with 507 and heals', async (t) => {
    const px = usePxOnDisk(t, 64, 4);
    await px.ok(['run', 'true']);
    const giveBack = takeSpace(px, 30);
    const running = px.start(['run', 'head -c 20000000 /dev/zero', '-p', '2']);
    await until('health is red', async () => (await health(px)) === 'red');
    giveBack();
    const ended = await running.ended();
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.length, 40_000_000);
  });
});

// Fault 12 and the scale of the main job: memory is bounded by constants, not by input or output.
import assert from 'node:assert/strict';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { numbers } from '../support/echo.ts';
import { assertBounded, assertFlat, sampled } from '../support/memory.ts';
import { usePx } from '../support/network.ts';

const IS_LONG = process.env.PX_LONG !== undefined;
const GB = 1_000_000_000;
const ENDLESS_BYTES = IS_LONG ? GB : 300_000_000;
const TEMPLATE_LINES = IS_LONG ? 1_000_000 : 30_000;
const MANY_LINES = 10_000_000;
const LONG_MS = 540_000;

describe('memory', () => {
  test('a gigabyte of output without a newline keeps all three programs flat', async (t) => {
    const px = usePx(t);
    const path = join(px.folder, 'out');
    const file = openSync(path, 'w');
    try {
      const running = px.start(['run', `head -c ${GB} /dev/zero`], { stdout: file });
      const { ended, peaks } = await sampled(px, running, LONG_MS);
      assert.equal(ended.status, 0, ended.stderr);
      assert.equal(statSync(path).size, GB);
      assertBounded(peaks);
    } finally {
      closeSync(file);
    }
  });

  test('live output without a newline keeps them flat too', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', `head -c ${ENDLESS_BYTES} /dev/zero`, '--output', 'live'], {
      stdout: 'ignore',
    });
    const { ended, peaks } = await sampled(px, running, LONG_MS);
    assert.equal(ended.status, 0, ended.stderr);
    assertBounded(peaks);
  });

  test('input without a newline is one partition, in flat memory', async (t) => {
    const px = usePx(t);
    const shell = `head -c ${ENDLESS_BYTES} /dev/zero > ../big`;
    await px.startProgram(['sh', '-c', shell]).ended();
    const running = px.start(['run', 'wc -c', '--stdin-file', '../big']);
    const { ended, peaks } = await sampled(px, running, LONG_MS);
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.toString().trim(), String(ENDLESS_BYTES));
    assertBounded(peaks);
  });
});

describe('scale', () => {
  test('ten million lines in batches of 100,000 sum up', async (t) => {
    const px = usePx(t);
    await px.startProgram(['sh', '-c', `seq ${MANY_LINES} > ../lines`]).ended();
    const path = join(px.folder, 'lines');
    const running = px.start(['run', 'wc -l', '--stdin-file', path, '-n', '100000']);
    const { ended, peaks } = await sampled(px, running, LONG_MS);
    assert.equal(ended.status, 0, ended.stderr);
    const counts = ended.stdout.toString().trim().split('\n').map(Number);
    assert.equal(counts.length, 100);
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      MANY_LINES,
    );
    assertFlat(peaks);
  });

  test('one process a line, for as many lines as there are', async (t) => {
    const px = usePx(t);
    px.write('lines.txt', numbers(TEMPLATE_LINES));
    const running = px.start(['run', 'true {}', '--args-file', 'lines.txt', '-p', '100']);
    const { ended, peaks } = await sampled(px, running, LONG_MS);
    assert.equal(ended.status, 0, ended.stderr);
    assertFlat(peaks);
  });
});

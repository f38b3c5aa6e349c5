// What reaches stdout: whole lines, every byte, in input order where asked; and readers that go away.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { until } from '../../helpers/processes.ts';
import { echoing, numbers } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { startOnTerminal } from '../support/terminal.ts';
import { attemptsOf, newestJob } from '../support/watch.ts';

const PROCESSES = 8;
const LINES_EACH = 100_000;

// Each line tells its process, its number and the length of its tail.
const RANDOM_LINES = `awk -v p="$PX_PARTITION" 'BEGIN { srand(p); s = sprintf("%200s", "");
  gsub(/ /, "x", s);
  for (i = 0; i < ${LINES_EACH}; i++) { n = int(rand() * 200); print p, i, n, substr(s, 1, n) "." } }'`;

const assertNoTornLine = (text: string, ending: string): void => {
  const next = new Array<number>(PROCESSES).fill(0);
  for (const line of text.split(ending)) {
    const [process = '', number = '', length = '', tail = ''] = line.split(' ');
    if (!/^[0-7]$/.test(process) || !tail.endsWith('.')) {
      // px's own words, or the empty end.
      assert.ok(!line.includes('xx'), `a torn line: ${line.slice(0, 300)}`);
      continue;
    }
    assert.equal(tail.length - 1, Number(length), line.slice(0, 300));
    assert.equal(
      Number(number),
      next[Number(process)],
      'the lines of one process keep their order',
    );
    next[Number(process)] = Number(number) + 1;
  }
  assert.deepEqual(next, new Array(PROCESSES).fill(LINES_EACH));
};

describe('lines', () => {
  test('eight processes with 100,000 lines each tear none, live into a pipe', async (t) => {
    const px = usePx(t);
    const ended = await px.ok(['run', RANDOM_LINES, '-p', `${PROCESSES}`, '--output', 'live']);
    assertNoTornLine(ended.stdout.toString('latin1'), '\n');
  });

  test('eight processes tear no line on a terminal', async (t) => {
    const px = usePx(t);
    const ended = await startOnTerminal(px, [
      'run',
      RANDOM_LINES,
      '-p',
      `${PROCESSES}`,
      '-q',
    ]).ended();
    assert.equal(ended.status, 0, ended.stdout.subarray(-1000).toString());
    const shown = stripVTControlCharacters(ended.stdout.toString('latin1'));
    assertNoTornLine(shown.replaceAll(/(^|\n)\r+/g, '$1'), '\r\n');
  });

  test('stdout goes to stdout and stderr to stderr', async (t) => {
    const px = usePx(t);
    const ended = await px.ok(['run', 'echo out; echo err >&2', '-p', '3']);
    assert.equal(ended.stdout.toString(), 'out\n'.repeat(3));
    assert.equal(ended.stderr.match(/^err$/gm)?.length, 3);
  });
});

describe('bytes', () => {
  test('binary output survives a redirect to a file', async (t) => {
    const px = usePx(t);
    const blob = Buffer.concat([randomBytes(5_000_000), Buffer.from('\r\n\0\x1b\n\xff', 'latin1')]);
    px.write('blob.bin', blob);
    const path = join(px.folder, 'out.bin');
    const file = openSync(path, 'w');
    try {
      await px.ok(['run', 'cat blob.bin'], { stdout: file });
    } finally {
      closeSync(file);
    }
    assert.ok(readFileSync(path).equals(blob));
  });
});

describe('--order', () => {
  const sequential = (lines: number) =>
    numbers(lines)
      .trimEnd()
      .split('\n')
      .map((line) => `${line} ${Math.floor((Number(line) - 1) / 100)} 1\n`)
      .join('');

  test('the output equals that of a sequential run, though the first partition is the slowest', async (t) => {
    const px = usePx(t);
    px.write('lines.txt', numbers(20_000));
    const command = echoing('test "$PX_PARTITION" != 0 || sleep 2');
    const ended = await px.ok(['run', command, '--args-file', 'lines.txt', '-n', '100', '--order']);
    assert.equal(ended.stdout.toString(), sequential(20_000));
  });

  test('a first partition that fails late blocks nothing and keeps its place', async (t) => {
    const px = usePx(t);
    px.write('lines.txt', numbers(20_000));
    const fails = 'test "$PX_PARTITION" != 0 || { sleep 2; echo late; exit 3; }';
    const ended = await px.run([
      'run',
      echoing(fails),
      '--args-file',
      'lines.txt',
      '-n',
      '100',
      '--order',
    ]);
    assert.equal(ended.status, 3, ended.stderr);
    const [first, ...rest] = ended.stdout.toString().split('\n');
    assert.equal(first, 'late');
    assert.equal(rest.join('\n'), sequential(20_000).split('\n').slice(100).join('\n'));
  });

  test('stdin in automatic blocks comes back as it went in', async (t) => {
    const px = usePx(t);
    const path = px.write('lines.txt', numbers(500_000));
    const ended = await px.ok(['run', 'cat', '--stdin-file', 'lines.txt', '--order']);
    assert.ok(ended.stdout.equals(readFileSync(path)));
  });
});

describe('a reader that has enough', () => {
  test('`| head -1` ends the run with 141, without a word, and leaves no process', async (t) => {
    const px = usePx(t);
    const command = 'i=0; while :; do i=$((i + 1)); echo "line $i"; done';
    const running = px.start(['run', command, '-p', '2', '--output', 'live', '-q']);
    await until('a line came', () => running.stdout().includes('\n'));
    running.child.stdout?.destroy();
    const ended = await running.ended(20_000);
    assert.equal(ended.status, 141);
    assert.equal(ended.stderr, '');
    await until('its processes are gone', () => attemptsOf(px).length === 0, 3_000);
    assert.equal((await newestJob(px)).state, 'canceled');
  });
});

describe('a terminal', () => {
  test('tagged output cannot drive it', async (t) => {
    const px = usePx(t);
    const command = String.raw`printf '\033]0;owned\007\033[2Jtext\033[31mred\033[0m\n'`;
    const ended = await startOnTerminal(px, ['run', command, '--tag', '-q']).ended();
    const shown = ended.stdout.toString('latin1');
    assert.ok(shown.includes('text'), shown);
    assert.ok(!shown.includes('\x1b]0;owned'), 'the title is not set');
    assert.ok(!shown.includes('\x1b[2J'), 'the screen is not cleared');
  });
});

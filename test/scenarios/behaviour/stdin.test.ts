// What px makes of its own stdin, from a terminal to a closed descriptor.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../../helpers/processes.ts';
import { PX } from '../../helpers/px-process.ts';
import { numbers } from '../support/echo.ts';
import { usePx } from '../support/network.ts';
import { startOnTerminal } from '../support/terminal.ts';

const COUNT = 'wc -l';

const sum = (stdout: Buffer): number =>
  stdout
    .toString()
    .trim()
    .split('\n')
    .reduce((all, line) => all + Number(line), 0);

describe('stdin', () => {
  for (const [title, shell, expected] of [
    ['a pipe', `seq 1000 | "$PX" run '${COUNT}'`, 1000],
    ['a file', `"$PX" run '${COUNT}' < lines.txt`, 1000],
    ['/dev/null', `"$PX" run '${COUNT}' < /dev/null`, 0],
    ['closed', `"$PX" run '${COUNT}' <&-`, 0],
    ['an empty pipe', `true | "$PX" run '${COUNT}'`, 0],
    ['forbidden', `seq 1000 | "$PX" run --no-stdin '${COUNT}'`, 0],
  ] as const) {
    test(`the processes see ${expected} lines of stdin where it is: ${title}`, async (t) => {
      const px = usePx(t);
      px.write('lines.txt', numbers(1000));
      const ended = await px.startProgram(['sh', '-c', shell], { env: { PX } }).ended(30_000);
      assert.equal(ended.status, 0, ended.stderr);
      assert.equal(sum(ended.stdout), expected);
    });
  }

  test('a socket counts as input', async (t) => {
    const px = usePx(t);
    // Node makes the pipes of its children as socket pairs.
    const ended = await px.ok(['run', COUNT], { stdin: numbers(1000) });
    assert.equal(sum(ended.stdout), 1000);
  });

  test('a terminal is no input', async (t) => {
    const px = usePx(t);
    const ended = await startOnTerminal(px, ['run', COUNT]).ended(30_000);
    assert.equal(ended.status, 0);
    assert.match(ended.stdout.toString(), /^\s*0\s*$/m);
  });

  test('with a slow producer the first partition runs before the input ends', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', 'cat', '--output', 'live'], { stdin: 'pipe' });
    running.child.stdin?.write(numbers(1000));
    await until('output came before the end of the input', () => running.stdout().length > 0);
    running.child.stdin?.end(numbers(1000));
    const ended = await running.ended(30_000);
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.toString().trim().split('\n').length, 2000);
  });

  test('what a producer wrote before it died is processed', async (t) => {
    const px = usePx(t);
    const shell = `sh -c 'seq 1000; printf part; kill -9 $$' | "$PX" run cat --order`;
    const ended = await px.startProgram(['sh', '-c', shell], { env: { PX } }).ended(30_000);
    assert.equal(ended.status, 0, ended.stderr);
    assert.equal(ended.stdout.toString(), `${numbers(1000)}part`);
  });

  test('a loop that reads its own stdin keeps it with --no-stdin', async (t) => {
    const px = usePx(t);
    const shell = 'seq 3 | while read x; do "$PX" run --no-stdin "echo got $x"; done';
    const ended = await px.startProgram(['sh', '-c', shell], { env: { PX } }).ended(60_000);
    assert.equal(ended.stdout.toString(), 'got 1\ngot 2\ngot 3\n', ended.stderr);
  });

  test('a stdin that stays silent is announced', async (t) => {
    const px = usePx(t);
    const running = px.start(['run', COUNT], { stdin: 'pipe' });
    await until('px says that it waits', () => /wait/i.test(running.stderr()), 20_000);
    running.child.stdin?.end();
    assert.equal((await running.ended(30_000)).status, 0);
  });

  test("a job runs in cron's environment", async (t) => {
    const px = usePx(t);
    px.write('lines.txt', numbers(100));
    const environment = {
      PATH: '/usr/bin:/bin',
      HOME: px.env.HOME ?? '',
      PX_HOME: px.home,
      SHELL: '/bin/sh',
    };
    const ended = await px.ok(['run', COUNT, '--stdin-file', 'lines.txt'], {
      environment,
      detached: true,
    });
    assert.equal(sum(ended.stdout), 100);
  });
});

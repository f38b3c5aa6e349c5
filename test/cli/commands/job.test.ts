import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { JobView } from '../../../protocol/messages/jobs.ts';
import { type PxHome, pxHome } from '../../helpers/px-home.ts';

describe('jobs on this machine', () => {
  const undos: (() => unknown)[] = [];
  let at: PxHome;
  let failedId: string;

  /** Runs something detached and gives its id; it may end when it likes. */
  const detached = async (...words: string[]): Promise<string> => {
    const { stdout, stderr, status } = await at.px(['run', ...words, '--detach']);
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };

  before(async () => {
    at = pxHome({ after: (undo) => void undos.push(undo) });
    writeFileSync(join(at.cwd, 'lines.txt'), 'good\nbad\nugly\n');
    const { status, stderr } = await at.px([
      ...['run', 'test -e healed || test {} != bad', '--args-file', 'lines.txt', '-n', '1'],
      ...['--name', 'esc\u001b[31maped'],
    ]);
    assert.equal(status, 1, stderr);
    const [job] = (await at.pxJson('job ls')) as JobView[];
    failedId = job?.id ?? '';
  });

  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });

  test('are listed with what was done of them, safe for the terminal', async () => {
    const { stdout } = await at.px('job ls');
    const [head, row] = stdout.split('\n');
    assert.equal(head, 'ID\tSTATE\tCOMMAND\tCLUSTER\tDONE\tFAILED\tAGE\tRUNTIME\tCOST');
    assert.match(
      row ?? '',
      /^j\w+\tfailed\tesc\\x1b\[31maped\tlocal\t2\/3\t1\t\d+s\t[\d.]+s\t\$0\.00$/,
    );
    const running = await at.px('job ls --running');
    assert.deepEqual(
      [running.stdout, running.stderr],
      ['', '<px> No jobs that run or wait. All of them: px job ls\n'],
    );
  });

  test('of a cluster that never was are an error', async () => {
    const { status, stdout, stderr } = await at.px('job ls --cluster nope');
    assert.deepEqual([status, stdout], [125, '']);
    assert.match(stderr, /^<px> There is no cluster nope, and never was\.\n<px> .*px cluster ls/);
  });

  test('are not followed from a cursor that is none, which is said once', async () => {
    const { status, stderr } = await at.px(`job attach ${failedId} --since foo`);
    assert.equal(status, 125);
    assert.equal(stderr.split('Expected a cursor').length, 2, stderr);
    assert.doesNotMatch(stderr, /trying again/);
  });

  test('show their failing partitions and what to type next', async () => {
    const { stdout, stderr } = await at.px(`job show ${failedId}`);
    assert.match(stdout, /^State: +failed, exit status 1$/m);
    assert.match(stdout, /^Partitions: +2 of 3 done, 0 running, 1 failed$/m);
    assert.match(stdout, /^1\texit 1\t1\tlocal-0\t2 \(1\)\t/m);
    assert.equal(
      stderr,
      `<px> What they printed: px job logs ${failedId}\n<px> Run them again: px job retry ${failedId}\n`,
    );
    const job = (await at.pxJson(`job show ${failedId}`)) as JobView & {
      failedPartitions: { number: number }[];
    };
    assert.deepEqual(
      job.failedPartitions.map(({ number }) => number),
      [1],
    );
  });

  test('print the output of one partition, which must be there', async () => {
    const { stdout: line } = await at.px(['run', 'echo $PX_PARTITION', '-p', '3', '--detach']);
    const id = line.trim();
    await at.px(`job attach ${id}`);
    for (const number of [0, 2]) {
      assert.equal((await at.px(`job logs ${id} --partition ${number}`)).stdout, `${number}\n`);
    }
    const { status, stderr } = await at.px(`job logs ${id} --partition 3`);
    assert.deepEqual(
      [status, stderr],
      [125, `<px> No partition 3 of the job ${id} has started.\n<px> See: px job show ${id}\n`],
    );
  });

  test('say that a glob matches nothing', async () => {
    const { status, stderr } = await at.px(['run', 'cat', '--files', 'nope*']);
    assert.equal(status, 0);
    assert.match(stderr, /^<px> No file on the node matches nope\*: there was nothing to run\.$/m);
  });

  test('are canceled by the time that px says so', async () => {
    const id = await detached('sleep 60');
    const { status, stderr } = await at.px(`job cancel ${id}`);
    assert.equal(status, 0);
    assert.match(stderr, new RegExp(`^<px> Job ${id} canceled after \\d+\\.\\ds\\.\n$`));
    const again = await at.px(`job cancel ${id}`);
    assert.deepEqual(
      [again.status, again.stderr],
      [0, `<px> Job ${id} had ended already: canceled.\n`],
    );
  });

  test('are removed once they have ended', async () => {
    const id = await detached('sleep 60');
    const refused = await at.px(`job rm ${id}`);
    assert.equal(refused.status, 125);
    assert.match(
      refused.stderr,
      new RegExp(`has not ended: it is \\w+\\.\n<px> px job cancel ${id}\n$`),
    );
    await at.px(`job cancel ${id}`);
    const { status, stderr } = await at.px(`job rm ${id}`);
    assert.deepEqual([status, stderr], [0, `<px> Job ${id} removed.\n`]);
    assert.equal((await at.px(`job show ${id}`)).status, 125);
  });

  test('keep files that nobody fetched, unless somebody insists', async () => {
    const id = await detached('echo x > made.txt', '--collect', '*.txt');
    assert.equal((await at.px(`job attach ${id}`)).status, 0);
    const refused = await at.px(`job rm ${id}`);
    assert.equal(refused.status, 125);
    assert.equal(
      refused.stderr,
      `<px> 1 collected file of job ${id} not fetched yet.
<px> Fetch them: px job pull ${id}. Or lose them: px job rm ${id} --yes
`,
    );
    assert.equal((await at.px(`job rm ${id} --yes`)).status, 0);
    assert.equal(existsSync(join(at.cwd, 'made.txt')), false);
  });

  test('retry only what failed, print only what is new, and end with the new status', async () => {
    const healed = join(at.cwd, 'healed');
    const id = await detached(
      `echo $PX_PARTITION; test $PX_PARTITION != 1 || test -e ${healed}`,
      ...['-p', '3'],
    );
    assert.equal((await at.px(`job attach ${id}`)).status, 1);
    writeFileSync(healed, '');
    const { status, stdout, stderr } = await at.px(`job retry ${id}`);
    assert.deepEqual([status, stdout], [0, '1\n'], stderr);
    assert.match(stderr, new RegExp(`^<px> Retrying 1 partition of job ${id}\\.\n`));
    const job = (await at.pxJson(`job show ${id}`)) as JobView;
    assert.deepEqual([job.state, job.counters.attempts], ['succeeded', 4]);
  });

  test('take their environment from the caller of the retry', async () => {
    const id = await detached('test "$WEATHER" = fine');
    assert.equal((await at.px(`job attach ${id}`)).status, 1);
    // At once, while the node still holds the job as it was.
    for (const weather of ['bad', 'worse']) {
      assert.equal((await at.px(`job retry ${id} --env WEATHER=${weather}`)).status, 1);
    }
    const { stdout } = await at.px(`job retry ${id} --env WEATHER=fine --detach`);
    assert.equal(stdout, `${id}\n`);
    assert.equal((await at.px(`job attach ${id}`)).status, 0);
  });

  test('ask the caller of a retry for what --env and secrets gave them', async () => {
    writeFileSync(join(at.cwd, 'px.yaml'), 'secrets: [API_KEY]\n');
    const { stdout: line } = await at.px(
      ['run', 'echo $A$B$API_KEY; exit 1', '--env', 'A=1', '--env', 'B', '--detach'],
      { env: { B: '2', API_KEY: '3' } },
    );
    rmSync(join(at.cwd, 'px.yaml'));
    const id = line.trim();
    assert.equal((await at.px(`job attach ${id}`)).stdout, '123\n');
    const bare = await at.px(`job retry ${id}`);
    assert.deepEqual(
      [bare.status, bare.stderr],
      [
        125,
        `<px> The job was submitted with --env A, B: px keeps no values, and your environment lacks them.
<px> Give them again: px job retry ${id} --env A=… --env B=…
`,
      ],
    );
    const keyless = await at.px(`job retry ${id} --env A=4 --env B=5`);
    assert.equal(keyless.status, 125);
    assert.match(keyless.stderr, /^<px> The secret API_KEY is not set in your environment\.\n/);
    const env = { B: '5', API_KEY: '6' };
    const again = await at.px(`job retry ${id} --env A=4`, { env });
    assert.deepEqual([again.status, again.stdout], [1, '456\n']);
    assert.match(again.stderr, /^<px> Taking B from your environment\.$/m);
  });

  test('are resumed from a joblog: only what is not done runs, whatever its number', async () => {
    const words = ['run', 'echo ran {}; test {} != bad', '--args-file', 'lines.txt'];
    const joblog = ['--joblog', join(at.cwd, 'joblog')];
    assert.equal((await at.px([...words, ...joblog])).status, 1);
    const again = await at.px([...words, ...joblog, '--resume']);
    assert.deepEqual([again.status, again.stdout], [1, 'ran bad\n']);
    writeFileSync(join(at.cwd, 'lines.txt'), 'new\ngood\nugly\n');
    const changed = await at.px([...words, ...joblog, '--resume']);
    assert.deepEqual([changed.status, changed.stdout], [0, 'ran new\n']);
    writeFileSync(join(at.cwd, 'lines.txt'), 'good\nbad\nugly\n');
  });

  test('go on where stdout takes nothing, and keep their output', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
    });
    const stdout = { isTTY: false, columns: undefined, write: () => Promise.reject(full) };
    const run = ['run', 'echo $PX_PARTITION; echo err >&2', '-p', '3'];
    const { status, stderr } = await at.px(run, { stdout });
    assert.equal(status, 125, stderr);
    const said = 'stdout cannot be written: ENOSPC: no space left on device. The job goes on.';
    assert.equal(stderr.split(said).length, 2, stderr);
    assert.equal(stderr.match(/^err$/gm)?.length, 3);
    const id = /What could not be written is kept: px job logs (j\w+)\n$/.exec(stderr)?.[1];
    const logs = await at.px(`job logs ${id} --stdout`);
    assert.deepEqual(logs.stdout.split('\n').toSorted(), ['', '0', '1', '2']);
    const detached = await at.px([...run, '--detach'], { stdout });
    assert.equal(detached.status, 125);
    assert.match(
      detached.stderr,
      /^<px> The job j\w+ was started all the same: px job attach j\w+$/m,
    );
  });

  test('are refused where -n finds no lines to cut', async () => {
    const words =
      /^<px> Expected lines for -n 5 to cut, got no input\.\n<px> Name them: --args-file F/m;
    // Known at once, and known when stdin ended without a byte.
    for (const more of [['--no-stdin'], ['--no-stdin', '--dry-run'], []]) {
      const { status, stderr, stdout } = await at.px(['run', 'echo', '-n', '5', ...more]);
      assert.deepEqual([status, stdout], [125, ''], more.join());
      assert.match(stderr, words);
    }
    const { status, stdout } = await at.px(['run', 'cat', '-n', '5'], { input: 'line\n' });
    assert.deepEqual([status, stdout], [0, 'line\n']);
  });

  test('are not begun where their joblog cannot be written, and go on where it cannot any more', async () => {
    const before = (await at.pxJson('job ls')) as JobView[];
    const refused = await at.px(['run', 'true', '--joblog', 'nowhere/log']);
    assert.equal(refused.status, 125);
    assert.match(
      refused.stderr,
      /^<px> The joblog \/.*\/work\/nowhere\/log cannot be written: ENOENT/m,
    );
    assert.equal(((await at.pxJson('job ls')) as JobView[]).length, before.length);
    const full = await at.px(['run', 'echo done', '-p', '2', '--joblog', '/dev/full']);
    assert.deepEqual([full.status, full.stdout], [125, 'done\ndone\n']);
    assert.equal(full.stderr.match(/joblog \/dev\/full cannot be written: ENOSPC/g)?.length, 1);
    assert.match(full.stderr, /^<px> The joblog \/dev\/full is incomplete: /m);
    const failed = await at.px(['run', 'exit 3', '--joblog', '/dev/full']);
    assert.equal(failed.status, 3);
  });

  test('that succeeded are not retried', async () => {
    const id = await detached('true');
    await at.px(`job attach ${id}`);
    const { status, stderr } = await at.px(`job retry ${id}`);
    assert.equal(status, 125);
    assert.match(stderr, /^<px> /);
  });

  for (const verb of ['show', 'cancel', 'rm', 'retry', 'logs', 'attach', 'pull']) {
    test(`that do not exist are refused by px job ${verb}`, async () => {
      const { status, stderr, stdout } = await at.px(`job ${verb} jnosuchjob0`);
      assert.deepEqual([status, stdout], [125, '']);
      assert.match(stderr, /^<px> There is no job jnosuchjob0\.\n<px> .*px job ls\n$/);
    });
  }
});

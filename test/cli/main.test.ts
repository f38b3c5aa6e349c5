import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VERSION } from '../../protocol/version.ts';
import { runPx } from '../helpers/run-px.ts';

const failing = async (words: string | readonly string[], status = 125): Promise<string> => {
  const result = await runPx(words);
  assert.equal(result.status, status);
  assert.equal(result.stdout, '');
  return result.stderr;
};

test('px alone and px --help list every command on stdout', async () => {
  const { status, stdout, stderr } = await runPx('');
  assert.equal(status, 0);
  assert.equal(stderr, '');
  for (const command of ['px run', 'px cluster up', 'px job retry', 'px completion']) {
    assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
  }
  assert.equal((await runPx('--help')).stdout, stdout);
  assert.equal((await runPx('help')).stdout, stdout);
});

test('a noun with --help lists its verbs alone', async () => {
  const { stdout } = await runPx('job --help');
  assert.match(stdout, /^Usage: px job VERB/m);
  assert.match(stdout, /px job cancel/);
  assert.doesNotMatch(stdout, /px cluster/);
  assert.equal((await runPx('help job')).stdout, stdout);
});

test('--json gives help as a document', async () => {
  const all = JSON.parse((await runPx('--json')).stdout);
  assert.deepEqual(all.commands[1].path, ['run']);
  assert.deepEqual(JSON.parse((await runPx('--help --json')).stdout), all);
  const job = JSON.parse((await runPx('job --help --json')).stdout);
  assert.ok(job.commands.every(({ path }: { path: string[] }) => path[0] === 'job'));
  const run = JSON.parse((await runPx('run --help --json')).stdout);
  assert.deepEqual([run.path, run.summary], [['run'], all.commands[1].summary]);
  assert.match(run.example, /^px run /);
  assert.ok(run.options.some(({ name }: { name: string }) => name === 'args-file'));
});

test('a noun without its verb is refused with the verbs', async () => {
  assert.equal(
    await failing('server'),
    '<px> Expected a verb after px server: start, stop, status.\n<px> See: px server --help\n',
  );
});

test('a verb without its noun names the commands that end in it', async () => {
  assert.match(await failing('logs'), /^<px> Did you mean px job logs\? See: px --help$/m);
  assert.match(
    await failing('show'),
    /^<px> Did you mean px cluster show, px job show\? See: px --help$/m,
  );
});

test('an unknown command names the nearest one', async () => {
  assert.equal(
    await failing('clutser up'),
    '<px> Unknown command: px clutser\n<px> Did you mean px cluster? See: px --help\n',
  );
  assert.equal(
    await failing('job shwo j1'),
    '<px> Unknown command: px job shwo\n<px> Did you mean px job show? See: px job --help\n',
  );
});

test('global options may stand before and between the words of a command', async () => {
  const { stdout, status } = await runPx('--json version');
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).px, VERSION);
  assert.match((await runPx('job --color never ls --help')).stdout, /^Usage: px job ls/m);
});

test('--version is px version', async () => {
  const { stdout } = await runPx('--version');
  assert.equal(stdout, (await runPx('version')).stdout);
  assert.match(stdout, new RegExp(`^px: +${VERSION}\n`));
});

test('errors are one line of JSON on stderr under --json, whatever is wrong', async () => {
  for (const words of ['--json clutser', 'version --json --nope', 'version extra --json']) {
    const body = JSON.parse(await failing(words));
    assert.equal(body.error.code, 'bad_request');
    assert.equal(typeof body.error.message, 'string');
    assert.equal(typeof body.error.hint, 'string');
  }
});

test('a --json behind -- belongs to the command', async () => {
  assert.match(await failing(['version', '--', '--json']), /^<px> Expected no further argument/);
});

test('an argument too many is refused by name', async () => {
  assert.equal(
    await failing('version now'),
    '<px> Expected no further argument, got `now`.\n<px> An argument with blanks in it needs quotes.\n',
  );
});

test('a bug is one line and where to report it, with its stack under -v only', async () => {
  const connect = () => Promise.reject(new TypeError('x is not\na function'));
  const short = await runPx('job ls', { connect });
  assert.equal(short.status, 125);
  assert.match(
    short.stderr,
    /^<px> px met a bug of its own: TypeError: x is not a function\n<px> Please report it/,
  );
  assert.doesNotMatch(short.stderr, /main\.test\.ts/);
  assert.match((await runPx('job ls -v', { connect })).stderr, /main\.test\.ts/);
});

test('a reader that went away ends px with 141 and without a word', async () => {
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const stdout = { isTTY: false, columns: undefined, write: () => Promise.reject(gone) };
  for (const words of ['version', 'version --json', '--help']) {
    const { status, stderr } = await runPx(words, { stdout });
    assert.deepEqual([status, stderr], [141, ''], words);
  }
});

test('flags of a run that cannot be are refused before anything starts', async () => {
  const refused: readonly [words: string, message: RegExp][] = [
    ['run true -0', /^<px> Expected an args file for -0, got none\.$/m],
    ['run true --stdin -0', /^<px> Expected an args file for -0, got none\.$/m],
    [
      'run true --env NOT_SET_HERE --dry-run',
      /^<px> Expected NOT_SET_HERE=VALUE, or .* for --env/m,
    ],
  ];
  for (const [words, message] of refused) assert.match(await failing(words), message);
});

test('a stdout that takes nothing is told in the words of the system', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
  });
  const stdout = { isTTY: false, columns: undefined, write: () => Promise.reject(full) };
  for (const words of ['version', '--help']) {
    const { status, stderr } = await runPx(words, { stdout });
    assert.deepEqual(
      [status, stderr],
      [
        125,
        '<px> stdout cannot be written: ENOSPC: no space left on device.\n<px> Make room there, or send it elsewhere.\n',
      ],
    );
  }
  const { stderr } = await runPx('version --json', { stdout });
  assert.equal(JSON.parse(stderr).error.code, 'output_unwritable');
});

test('escape sequences in what a user typed reach the terminal as text', async () => {
  const { stderr } = await runPx(['\u001b[31mred'], { tty: 80 });
  assert.match(stderr, /Unknown command: px \\x1b\[31mred/);
});

test('NO_COLOR, --color and a pipe decide about colours', async () => {
  const red = '\u001b[31m';
  const colored = async (words: string, overrides: Parameters<typeof runPx>[1]) =>
    (await runPx(words, overrides)).stderr.includes(red);
  const connect = () => Promise.reject(new Error('x'));
  assert.equal(await colored('job ls', { tty: 80, connect }), true);
  assert.equal(await colored('job ls', { connect }), false);
  assert.equal(await colored('job ls', { tty: 80, connect, env: { NO_COLOR: '1' } }), false);
  assert.equal(await colored('job ls --color always', { connect, env: { NO_COLOR: '1' } }), true);
  assert.equal(await colored('job ls --color never', { tty: 80, connect }), false);
  assert.equal(await colored('job ls', { tty: 80, connect, env: { TERM: 'dumb' } }), false);
});

test('a help fits the terminal, or COLUMNS', async () => {
  for (const overrides of [{ tty: 70 }, { env: { COLUMNS: '70' } }]) {
    const { stdout } = await runPx('run --help', overrides);
    const options = stdout.split('\n').filter((line) => /^ {2,}\S/.test(line));
    assert.ok(options.every((line) => line.length <= 70));
  }
});

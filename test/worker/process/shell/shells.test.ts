import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startProcessWorld, startWarmWorld } from '../../../helpers/process-host.ts';
import { isAlive, processesOf, signal, sleep, until } from '../../../helpers/processes.ts';

const script = (text: string): string[] => ['/bin/sh', '-c', text];
const isDash = realpathSync('/bin/sh').endsWith('dash');
const skip = isDash ? false : 'needs dash as /bin/sh';

describe('shells for short invocations', { concurrency: false, skip }, () => {
  it('has the first invocation of a job run by itself, and long ones', async (t) => {
    const world = await startProcessWorld(t);
    assert.equal((await world.run(['true'])).isQuick, false);
    await world.quick(['true']);
    await until(
      'long ones are left alone',
      async () => !(await world.run(['sleep', '0.2'])).isQuick,
    );
  });

  it('passes on arguments of any bytes', async (t) => {
    const { quick } = await startWarmWorld(t);
    const all = Buffer.from(Array.from({ length: 255 }, (_, at) => at + 1));
    const words = [
      all,
      Buffer.from([0xff, 0xfe, 0x27, 0x0a, 0x27]),
      '',
      '-n',
      "it's",
      '\n',
      '$x `y`',
      '\\',
      'ü',
    ];
    const ran = await quick(['printf', '%s\\0', ...words]);
    assert.equal(ran.isQuick, true);
    const wanted = Buffer.concat(
      words.map((word) => Buffer.concat([Buffer.from(word), Buffer.of(0)])),
    );
    assert.deepEqual(ran.stdout, wanted);
    assert.equal(ran.stderr.toString(), '');
    for (let byte = 1; byte < 256; byte += 1) {
      const one = await quick(['printf', '%s', Buffer.of(byte)]);
      assert.deepEqual([...one.stdout], [byte]);
    }
  });

  it('keeps the two streams apart, and both whole', async (t) => {
    const { quick } = await startWarmWorld(t);
    const ran = await quick(script('echo out; echo err >&2; printf more; exit 3'));
    const { stdout, stderr, ...rest } = ran;
    assert.deepEqual(rest, { code: 3, signal: null, isQuick: true });
    assert.equal(stdout.toString(), 'out\nmore');
    assert.equal(stderr.toString(), 'err\n');
    const large = await quick(script('head -c 1000000 /dev/zero; head -c 300000 /dev/zero >&2'));
    assert.equal(large.stdout.length, 1_000_000);
    assert.equal(large.stderr.length, 300_000);
  });

  it('tells an exit from a signal of the same number', async (t) => {
    const { quick } = await startWarmWorld(t);
    const ways = [
      ['exit 137', 137, null],
      ['kill -KILL $$', null, 'SIGKILL'],
      ['exit 139', 139, null],
      ['kill -SEGV $$', null, 'SIGSEGV'],
      ['exit 143', 143, null],
      ['kill -TERM $$', null, 'SIGTERM'],
      ['echo Killed >&2; exit 137', 137, null],
      ['/bin/sh -c "kill -9 \\$\\$"; exit $?', 137, null],
      ['exit 255', 255, null],
    ] as const;
    for (const [text, code, signal] of ways) {
      const ran = await quick(script(text));
      assert.deepEqual([ran.code, ran.signal, ran.isQuick], [code, signal, true], text);
    }
    const nested = await quick(script('/bin/sh -c "kill -9 \\$\\$"; exit $?'));
    assert.equal(nested.stderr.toString(), 'Killed\n');
    assert.equal((await quick(script('kill -9 $$'))).stderr.toString(), '');
  });

  it('takes words of the system on stderr for a signal once, and looks exactly from then on', async (t) => {
    const signals = [
      ['kill -KILL $$', 'SIGKILL'],
      ['ulimit -c 0; kill -SEGV $$', 'SIGSEGV'],
      ['kill -TERM $$', 'SIGTERM'],
      ['echo no newline >&2; kill -ABRT $$', 'SIGABRT'],
      ['sleep 0.3; kill -KILL $$', 'SIGKILL'],
      ['(sleep 0.2; echo late >&2) & kill -KILL $$', 'SIGKILL'],
      // What the attempt that follows will tell.
      ['echo Killed >&2; exit 137', 'SIGKILL'],
    ] as const;
    for (const [text, wanted] of signals) {
      const { quick } = await startWarmWorld(t);
      assert.equal((await quick(script('exit 137'))).code, 137);
      assert.equal((await quick(script('echo Terminated >&2; exit 137'))).code, 137);
      const doubtful = await quick(script(text));
      assert.deepEqual([doubtful.code, doubtful.signal], [null, wanted], text);
      const exact = await quick(script('echo Killed >&2; exit 137'));
      assert.deepEqual([exact.code, exact.signal], [137, null]);
      const killed = await quick(script('kill -9 $$'));
      assert.deepEqual([killed.signal, killed.stderr.toString()], ['SIGKILL', '']);
    }
  });

  it('looks exactly at once where nobody would try again', async (t) => {
    const { quick } = await startWarmWorld(t, { isTriedAgain: false });
    const ran = await quick(script('echo Killed >&2; exit 137'));
    assert.deepEqual([ran.code, ran.signal, ran.isQuick], [137, null, true]);
    const killed = await quick(script('kill -9 $$'));
    assert.deepEqual([killed.signal, killed.stderr.toString()], ['SIGKILL', '']);
  });

  it('leaves a job whose end the shell cannot tell to processes of their own', async (t) => {
    const { run, quick } = await startWarmWorld(t);
    assert.equal((await quick(script('exit 141'))).code, 141);
    const next = await run(script('kill -PIPE $$'));
    assert.deepEqual([next.signal, next.isQuick], ['SIGPIPE', false]);
  });

  it('gives each invocation its own environment, and the shell’s to none', async (t) => {
    const { run, quick, env } = await startWarmWorld(t);
    const read = async (own: Record<string, string>) => {
      const ran = await quick(['env', '-0'], own);
      const entries = ran.stdout.toString().split('\0').slice(0, -1).sort();
      return {
        isQuick: ran.isQuick,
        entries: entries.filter((each) => !/^(PX_LEASE|PWD)=/.test(each)),
      };
    };
    const base = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    for (const value of ['1', "it's $(x)\n", 'ü']) {
      assert.deepEqual(await read({ PX_PARTITION: value }), {
        isQuick: true,
        entries: [...base, `PX_PARTITION=${value}`].sort(),
      });
    }
    assert.deepEqual((await read({})).entries, base.sort());
    const marked = await quick(script('echo $PX_LEASE'));
    assert.match(marked.stdout.toString(), /^test\d+x\d+\.\d+\n$/);
    // Shells drop such a name: it is nothing to rely on, and nothing to make a shell for.
    assert.equal((await run(['true'], { 'odd.name': 'x' })).isQuick, false);
  });

  it('leaves words about a program that is missing, or may not be run, to a shell of its own', async (t) => {
    const { run, dir } = await startWarmWorld(t);
    const missing = await run(['no-such-program']);
    assert.deepEqual([missing.code, missing.isQuick], [127, false]);
    assert.equal(missing.stderr.toString(), 'px: 1: exec: no-such-program: not found\n');
    writeFileSync(join(dir, 'data'), 'no program');
    const refused = await run(['./data']);
    assert.deepEqual([refused.code, refused.isQuick], [126, false]);
    chmodSync(join(dir, 'data'), 0o755);
    writeFileSync(join(dir, 'bad'), '#!/no/such/interpreter\n', { mode: 0o755 });
    assert.equal((await run(['./bad'])).code, 127);
  });

  it('looks up a program by its name, whatever the shell has of that name', async (t) => {
    const { quick } = await startWarmWorld(t);
    const ran = await quick(['printf', '%q', 'a b']);
    assert.deepEqual([ran.code, ran.stdout.toString(), ran.isQuick], [0, "'a b'", true]);
  });

  it('gives no process of a job what the shell reads or says', async (t) => {
    const { quick } = await startWarmWorld(t);
    const ran = await quick(script('ls -l /proc/self/fd | sed -n "s/.* -> //p"'));
    const kinds = ran.stdout.toString().trim().split('\n');
    assert.equal(ran.isQuick, true);
    const fifos = kinds.filter((kind) => kind.includes('/fifos/'));
    assert.equal(new Set(fifos).size, 1, kinds.join());
    const read = await quick(['cat']);
    assert.deepEqual([read.code, read.stdout.length, read.isQuick], [0, 0, true]);
  });

  it('charges what a process left behind writes to nobody else', async (t) => {
    const { quick } = await startWarmWorld(t);
    const first = await quick(script('(sleep 0.3; echo late) & echo now'));
    assert.equal(first.stdout.toString(), 'now\nlate\n');
    const holder = await quick(script('(sleep 300; echo never) & echo now'));
    assert.equal(holder.stdout.toString(), 'now\n');
    for (let round = 0; round < 5; round += 1) {
      assert.equal((await quick(['echo', 'x'])).stdout.toString(), 'x\n');
    }
  });

  it('kills an invocation with all of its processes, and goes on with another shell', async (t) => {
    const world = await startWarmWorld(t);
    const text = "trap '' TERM; setsid sleep 300 & echo $$ $!; sleep 300";
    const running = await until('a shell runs it', async () => {
      await world.quick(['true']);
      const started = await world.start(script(text));
      if (started.process.session.isShell) return started;
      await started.process.end();
      return undefined;
    });
    await until('it has begun', () => running.written.stdout.includes('\n'));
    const pids = running.written.stdout.toString().trim().split(' ').map(Number);
    const since = performance.now();
    await running.process.end();
    assert.ok(performance.now() - since < 1000);
    await until('all are gone', () => pids.every((pid) => !isAlive(pid)));
    assert.notEqual((await running.done).code, 0);
    assert.equal(isAlive(running.process.session.id), false);
    await world.quick(['true']);
  });

  it('leaves the shell alone when an invocation is ended that is over', async (t) => {
    const world = await startWarmWorld(t);
    for (let round = 0; round < 10; round += 1) {
      const first = await world.start(['true']);
      await first.done;
      const [next] = await Promise.all([world.run(['sleep', '0.01']), first.process.end()]);
      assert.deepEqual([next.code, next.signal], [0, null]);
    }
  });

  it('starts another way where somebody has killed the idle shell', async (t) => {
    const world = await startWarmWorld(t);
    for (let round = 0; round < 10; round += 1) {
      const { process: before, done } = await world.start(['true']);
      await done;
      if (!before.session.isShell) continue;
      signal(before.session.id, 'SIGKILL');
      await until('it is gone', () => !isAlive(before.session.id));
      assert.equal((await world.run(['true'])).code, 0);
    }
  });

  it('does not take the end of its shell for a success', async (t) => {
    const { quick } = await startWarmWorld(t);
    const killed = await quick(
      script(
        'read -r name < /proc/$PPID/comm; [ "$name" = sh ] || exit 0; kill -9 $PPID; sleep 300',
      ),
    );
    assert.equal(killed.isQuick, true);
    assert.equal(killed.signal, 'SIGKILL');
  });

  it('ends shells that have nothing to do, and leaves no FIFO of theirs', async (t) => {
    const world = await startWarmWorld(t);
    const { process: supervised, done } = await world.start(['true']);
    await done;
    assert.ok(isAlive(supervised.session.id));
    await until('the shell is gone', () => !isAlive(supervised.session.id));
    const ready = readdirSync(join(world.dir, 'fifos')).length;
    assert.ok(ready > 0);
    await sleep(50);
    const mine = processesOf(world.dir).filter(({ command }) => !command.includes('px-guard'));
    assert.deepEqual(
      mine.map(({ command }) => command),
      [],
    );
    assert.equal(existsSync(join(world.dir, 'fifos')), true);
  });
});

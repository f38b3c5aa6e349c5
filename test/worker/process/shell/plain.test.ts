import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../../protocol/bytes.ts';
import { plainCommand } from '../../../../worker/process/shell/plain.ts';

const CWD = utf8('/');

const plain = (source: string, ...args: string[]): string | null => {
  const words = ['/bin/sh', '-c', source, 'px', ...args].map((word) => utf8(word));
  const command = plainCommand({ kind: 'words', words }, CWD, true);
  return command === null ? null : `${command.program}|${Buffer.from(command.source)}`;
};

const direct = (source: string, ...args: string[]): string | null | undefined => {
  const words = ['/bin/sh', '-c', source, 'px', ...args].map((word) => utf8(word));
  const command = plainCommand({ kind: 'words', words }, CWD, true);
  return command?.direct == null ? command?.direct : `${Buffer.from(command.direct)}`;
};

test('a command of plain words goes to a shell that runs, with its arguments quoted', () => {
  assert.equal(plain("exec /bin/true '1'"), "/bin/true|exec /bin/true '1'");
  assert.equal(
    plain('exec prog -x --y=1 "$@"', "a'b", '$c'),
    "prog|exec prog -x --y=1 'a'\\''b' '$c'",
  );
  assert.equal(plain("/bin/prog 'a'\\''b'"), "/bin/prog|/bin/prog 'a'\\''b'");
  assert.equal(plain('true "$@"', '1'), "true|true '1'");
  assert.equal(plain('exec "$@"', 'prog', '-n', 'two words'), "prog|exec 'prog' '-n' 'two words'");
  assert.equal(plain("exec prog 'two\nlines'"), "prog|exec prog 'two\nlines'");
});

test('a shell starts a program itself only where it can take the name for nothing else', () => {
  assert.equal(direct("exec /bin/true '1'"), "/bin/true '1'");
  assert.equal(direct(' exec  prog "$@"', '1'), "prog '1'");
  assert.equal(direct("./prog 'x'"), "./prog 'x'");
  assert.equal(direct('exec "$@"', 'prog', 'x y'), "'prog' 'x y'");
  for (const name of ['echo', 'kill', 'exit', 'A=1', 'a b', '', '{', '-x;']) {
    assert.equal(direct('exec "$@"', name), null, name);
  }
  assert.equal(direct('exec true'), null);
  assert.equal(direct('true "$@"', '1'), null);
  const words = ['/bin/sh', '-c', 'exec prog', 'px'].map((word) => utf8(word));
  assert.equal(plainCommand({ kind: 'words', words }, CWD, false)?.direct, null);
});

test('what a shell would change, or must run itself, has a shell of its own', () => {
  for (const source of [
    'exec prog $HOME',
    'exec prog *.txt',
    'exec prog ~/x',
    'exec prog "$(date)"',
    'exec prog `date`',
    'prog; other',
    'prog | other',
    'prog > file',
    'prog &',
    'prog # words',
    'prog\nother',
    'A=1 prog',
    'cd /tmp',
    'exit 3',
    'kill 1',
    'exec prog "$@" x',
    'prog "open',
    "prog 'open",
    'prog \\',
    '[ -e x ]',
    '',
  ]) {
    assert.equal(plain(source, 'arg'), null, source);
  }
});

test('a command that does not fit into a pipe has a process of its own', () => {
  assert.notEqual(plain('exec "$@"', 'prog', 'x'.repeat(30_000)), null);
  assert.ok(plain('exec "$@"', 'prog', 'x'.repeat(40_000)) === null);
  assert.ok(plain('exec "$@"', 'prog', "'".repeat(30_000)) === null);
});

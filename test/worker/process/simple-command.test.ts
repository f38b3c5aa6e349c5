import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../../protocol/bytes.ts';
import { withExec } from '../../../worker/process/simple-command.ts';

const text = (source: string): string => Buffer.from(withExec(utf8(source))).toString();

test('one plain command is the process itself', () => {
  for (const source of [
    'python jpg.py',
    'python jpg.py "$@"',
    './prog --flag=x $HOME/*.jpg',
    `sh -c 'for x; do echo "$x"; done' sh "$@"`,
    'awk -v p="$PX_PARTITION" "{ print }" "$@"',
    'grep ünï',
    'prog --one="two words"\'three\'',
  ]) {
    assert.equal(text(source), `exec ${source}`);
  }
});

test('everything that a shell must run itself is left as it is', () => {
  for (const source of [
    'prog "$(date)"',
    '-n x',
    'cd sub && make',
    'echo hello',
    'A=1 prog',
    'prog > file',
    'prog | sort',
    'prog; other',
    'prog &',
    'prog # comment',
    '{ prog; }',
    '(prog)',
    'for x in a; do prog; done "$@"',
    'prog `date`',
    'prog "`date`"',
    'prog \\\n two',
    'one\ntwo',
    '! prog',
    'prog "open',
    '$PROGRAM x',
    '',
  ]) {
    assert.equal(text(source), source);
  }
});

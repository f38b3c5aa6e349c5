import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { show, utf8 } from '../../protocol/bytes.ts';
import { shellQuote } from '../../protocol/quote.ts';
import { fillTemplate, parseTemplate } from '../../protocol/template.ts';

const fill = (command: string, line: string, number = 1, mark?: string): string => {
  const template = parseTemplate(command, mark);
  assert.ok(template !== null);
  return show(fillTemplate(template, utf8(line), number));
};

const sh = (source: Uint8Array): Buffer => execFileSync('/bin/sh', { input: source });

test('a command without marks is no template', () => {
  assert.equal(parseTemplate('python jpg.py'), null);
  assert.equal(parseTemplate('awk "{ print }"'), null);
});

test('every mark of GNU parallel stands for its part of the line', () => {
  const line = 'photos/2026.01/a b.tar.gz';
  assert.equal(fill('x {}', line), "x 'photos/2026.01/a b.tar.gz'");
  assert.equal(fill('x {.}', line), "x 'photos/2026.01/a b.tar'");
  assert.equal(fill('x {/}', line), "x 'a b.tar.gz'");
  assert.equal(fill('x {//}', line), "x 'photos/2026.01'");
  assert.equal(fill('x {/.}', line), "x 'a b.tar'");
  assert.equal(fill('x {#}', line, 7), "x '7'");
});

test('the folder of a name without slash is a dot, of a name in the root the root', () => {
  assert.equal(fill('{//}', 'a.txt'), "'.'");
  assert.equal(fill('{//}', '/a.txt'), "'/'");
});

test('a dot in a folder is no extension', () => {
  assert.equal(fill('{.}', 'v1.2/file'), "'v1.2/file'");
});

test('another mark can be named, and then braces are only braces', () => {
  assert.equal(fill('awk {} %', 'x', 1, '%'), "awk {} 'x'");
});

for (const command of ['echo "{}"', "echo '{}'", 'echo "a {.} b"']) {
  test(`a mark inside quotes is refused: ${command}`, () => {
    assert.throws(() => parseTemplate(command), { code: 'bad_request', hint: /bare|-I/ });
  });
}

test('an escaped quote does not open a quotation', () => {
  assert.equal(fill('echo \\" {}', 'x'), "echo \\\" 'x'");
  assert.throws(() => parseTemplate('echo "\\" {}"'), { code: 'bad_request' });
});

test('a line reaches the shell as one word, whatever it holds', () => {
  const hostile = '$(touch x) `id` "q" \'s\' * ~ \\ ; | & > < # \t\r end';
  const template = parseTemplate("printf '%s' {}");
  assert.ok(template !== null);
  assert.deepEqual(sh(fillTemplate(template, utf8(hostile), 1)), Buffer.from(hostile));
});

test('quoting keeps every byte but NUL', () => {
  const all = Uint8Array.from({ length: 255 }, (_, index) => index + 1);
  const source = Buffer.concat([Buffer.from("printf '%s' "), shellQuote(all)]);
  assert.deepEqual(sh(source), Buffer.from(all));
});

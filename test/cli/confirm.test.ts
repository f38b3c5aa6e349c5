import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { confirm } from '../../cli/confirm.ts';
import type { Context } from '../../cli/context.ts';

/** Asks somebody who types `typed` and then closes the terminal; null where there is none. */
const ask = async (typed: string | null, flags: { yes?: boolean; json?: boolean } = {}) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== null });
  let shown = '';
  const output = {
    stderrTty: true,
    write: async (_stream: 1 | 2, bytes: Uint8Array) => {
      shown += Buffer.from(bytes).toString();
    },
  };
  stdin.end(typed ?? 'y\n');
  const context = { stdin, output, yes: false, json: false, ...flags } as unknown as Context;
  return { agreed: await confirm(context, 'Remove it?'), shown };
};

test('y and yes agree, anything else does not', async () => {
  for (const [typed, agreed] of [
    ...([
      ['y\n', true],
      ['YES\n', true],
      [' y \n', true],
    ] as const),
    ...([
      ['n\n', false],
      ['\n', false],
      ['yep\n', false],
      ['', false],
    ] as const),
  ]) {
    assert.deepEqual(await ask(typed), { agreed, shown: '<px> Remove it? [y/N] ' }, typed);
  }
});

test('without a terminal, and in JSON, nobody is asked and nobody agrees', async () => {
  assert.deepEqual(await ask(null), { agreed: false, shown: '' });
  assert.deepEqual(await ask('y\n', { json: true }), { agreed: false, shown: '' });
});

test('-y agrees without a question', async () => {
  assert.deepEqual(await ask(null, { yes: true }), { agreed: true, shown: '' });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CHUNK_MAX_BYTES } from '../../../protocol/messages/worker.ts';
import { Chunker, Spaces } from '../../../worker/report/chunker.ts';

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

describe('Chunker', () => {
  it('gives whole lines, and the rest at the end', () => {
    const chunker = new Chunker(new Spaces());
    assert.deepEqual(chunker.push(Buffer.from('one\ntw')), []);
    assert.equal(text(chunker.take()), 'one\n');
    assert.equal(chunker.take(), null);
    chunker.push(Buffer.from('o\n\nthree'));
    assert.equal(text(chunker.take()), 'two\n\n');
    assert.equal(text(chunker.end()), 'three');
    assert.equal(chunker.end(), null);
  });

  it('keeps a line of exactly 1 MiB whole and cuts one that is longer', () => {
    const chunker = new Chunker(new Spaces());
    const line = Buffer.alloc(CHUNK_MAX_BYTES - 1, 'x');
    const full = chunker.push(Buffer.concat([Buffer.from('a\n'), line, Buffer.from('\nb')]));
    assert.deepEqual(
      full.map(({ length }) => length),
      [2, CHUNK_MAX_BYTES],
    );
    assert.equal(text(chunker.end()), 'b');
    const long = chunker.push(Buffer.alloc(CHUNK_MAX_BYTES + 5, 'y'));
    assert.deepEqual(
      long.map(({ length }) => length),
      [CHUNK_MAX_BYTES],
    );
    assert.equal(text(chunker.end()), 'yyyyy');
  });

  it('copies what it is given, and gives it back byte for byte however it comes', () => {
    const piece = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, fc.boolean())), (pieces) => {
        const chunker = new Chunker(new Spaces());
        const out: Buffer[] = [];
        const expected: Buffer[] = [];
        for (const [bytes, isTaken] of pieces) {
          expected.push(Buffer.from(bytes));
          out.push(...chunker.push(bytes).map((chunk) => Buffer.from(chunk)));
          bytes.fill(0);
          const lines = isTaken ? chunker.take() : null;
          if (lines !== null) {
            assert.equal(lines.at(-1), 10);
            out.push(Buffer.from(lines));
          }
        }
        const rest = chunker.end();
        if (rest !== null) out.push(Buffer.from(rest));
        assert.deepEqual(Buffer.concat(out), Buffer.concat(expected));
      }),
    );
  });

  it('uses a space of 1 MiB again once its chunk was given back', () => {
    const spaces = new Spaces();
    const chunker = new Chunker(spaces);
    const [first] = chunker.push(Buffer.alloc(CHUNK_MAX_BYTES, 'a'));
    assert.ok(first);
    spaces.giveBack(first);
    const [second] = chunker.push(Buffer.alloc(CHUNK_MAX_BYTES, 'b'));
    assert.equal(second?.buffer, first.buffer);
    spaces.giveBack(Buffer.from('small'));
    assert.equal(spaces.take().length, CHUNK_MAX_BYTES);
  });
});

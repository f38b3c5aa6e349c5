import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { takeBatch } from '../../../worker/report/batch.ts';
import { ATTEMPT_SPOOL_BYTES, Budget } from '../../../worker/report/budget.ts';
import { Spaces } from '../../../worker/report/chunker.ts';
import { Outbox } from '../../../worker/report/outbox.ts';

const KEY = { job: 'j0123456789', partition: 0, epoch: '0123456789abcdef:1' };
const DONE = {
  outcome: { kind: 'exit' as const, code: 0 },
  runtimeMs: 1,
  cpuMs: null,
  peakRssBytes: null,
  collected: [],
};

/** What all attempts may hold together. */
const TOTAL_BYTES = 48 << 20;

const make = (budget = new Budget()) =>
  new Outbox(KEY, { budget, spaces: new Spaces() }, () => undefined);
const seqs = (outbox: Outbox) =>
  outbox
    .frames(1 << 30)
    .frames.flatMap(({ header }) => (header.t === 'chunk' ? header.seq : header.t));

describe('Outbox', () => {
  it('repeats what is not acknowledged, with the same seq, and more behind it', () => {
    const outbox = make();
    outbox.started();
    assert.deepEqual(seqs(outbox), ['started']);
    outbox.write(1, Buffer.from('a\nb'));
    const first = outbox.frames(1 << 30).frames;
    assert.deepEqual(seqs(outbox), [0], 'what there is says that it has started');
    outbox.write(2, Buffer.from('err\n'));
    outbox.end(1);
    outbox.done(DONE);
    assert.deepEqual(seqs(outbox), [0, 1, 2, 'done']);
    assert.equal(outbox.acknowledge(first), false);
    assert.deepEqual(seqs(outbox), [1, 2, 'done']);
    assert.equal(outbox.acknowledge(outbox.frames(1 << 30).frames), true);
  });

  it('goes back to what it still holds, and says so where it does not', () => {
    const outbox = make();
    for (const line of ['a\n', 'b\n', 'c\n']) {
      outbox.write(1, Buffer.from(line));
      outbox.frames(1 << 30);
    }
    const [first] = outbox.frames(1 << 30).frames;
    assert.ok(first);
    outbox.acknowledge([first]);
    assert.equal(outbox.rewind(0), false);
    assert.equal(outbox.rewind(4), false);
    assert.equal(outbox.rewind(2), true);
    assert.deepEqual(seqs(outbox), [2]);
  });

  it('is full at 4 MiB, and has room again once something is acknowledged', () => {
    const outbox = make();
    outbox.write(1, Buffer.alloc(ATTEMPT_SPOOL_BYTES));
    assert.equal(outbox.full, true);
    let room = 0;
    outbox.onRoom(() => {
      room += 1;
    });
    outbox.acknowledge(outbox.frames(1 << 20).frames);
    assert.deepEqual([room, outbox.full], [1, false]);
  });

  it('is not held up by the others while it has nothing to send', () => {
    const budget = new Budget();
    budget.add(TOTAL_BYTES);
    const outbox = make(budget);
    outbox.write(1, Buffer.from('half a line'));
    assert.equal(outbox.full, false);
    outbox.write(1, Buffer.from('\n'));
    outbox.frames(1 << 20);
    assert.equal(outbox.full, true);
  });

  it('drops everything once it is closed, and gives its part of the budget back', () => {
    const budget = new Budget();
    budget.add(TOTAL_BYTES - 10);
    const outbox = make(budget);
    outbox.write(1, Buffer.from('0123456789'));
    assert.equal(budget.full, true);
    outbox.close();
    outbox.write(1, Buffer.from('more'));
    outbox.done(DONE);
    assert.deepEqual([budget.full, outbox.waiting], [false, false]);
  });
});

describe('takeBatch', () => {
  it('takes what fits, in order, and leaves the rest', () => {
    const [left, right] = [make(), make()];
    left.write(1, Buffer.alloc(3 << 20));
    right.write(1, Buffer.from('x\n'));
    const batch = takeBatch([left, right], 2 << 20);
    assert.equal(batch?.isFull, true);
    assert.equal(batch?.parts.get(left)?.length, 2);
    assert.equal(batch?.parts.has(right), false);
    left.acknowledge(batch?.parts.get(left) ?? []);
    assert.deepEqual([...(takeBatch([left, right], 2 << 20)?.parts.keys() ?? [])], [left, right]);
    assert.equal(takeBatch([make()], 2 << 20), null);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { argsMaxBytes, argsProblem, stackLimit } from '../../../worker/process/arg-limits.ts';
import { onlyLine, splitLines } from '../../../worker/process/lines.ts';
import { outcomeOf } from '../../../worker/process/outcome.ts';
import { parseStat } from '../../../worker/tree/parse-stat.ts';

describe('splitLines', () => {
  it('gives the same lines however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 12 })), async (pieces) => {
        const lines: string[] = [];
        for await (const line of splitLines(pieces, '\n'))
          lines.push(Buffer.from(line).toString('latin1'));
        const expected = Buffer.concat(pieces).toString('latin1').split('\n');
        if (expected.at(-1) === '') expected.pop();
        assert.deepEqual(lines, expected);
      }),
    );
  });
});

describe('onlyLine', () => {
  it('is what splitLines gives of a share of one line, and nothing of all others', async () => {
    const few = fc.array(fc.uint8Array({ maxLength: 4, max: 12 }), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(few, async (pieces) => {
        const only = onlyLine(pieces, '\n');
        const lines: number[][] = [];
        for await (const line of splitLines(pieces, '\n')) lines.push([...line]);
        if (only !== null) assert.deepEqual(lines, [[...only]]);
        else assert.ok(lines.length !== 1 || pieces.length !== 1);
      }),
    );
    assert.equal(onlyLine(splitLines([Buffer.from('a')], '\n'), '\n'), null);
  });
});

describe('outcomeOf', () => {
  const calm = { timedOut: false, outOfMemory: () => false };

  it('tells a signal from a status that looks like one', () => {
    assert.deepEqual(outcomeOf({ code: 137, signal: null }, calm), { kind: 'exit', code: 137 });
    assert.deepEqual(outcomeOf({ code: null, signal: 'SIGKILL' }, calm), {
      kind: 'signal',
      signal: 9,
    });
  });

  it('says out of memory only of a kill, and a timeout before all else', () => {
    const oom = { timedOut: false, outOfMemory: () => true };
    assert.deepEqual(outcomeOf({ code: null, signal: 'SIGKILL' }, oom), { kind: 'oom' });
    assert.deepEqual(outcomeOf({ code: 137, signal: null }, oom), { kind: 'oom' });
    assert.deepEqual(outcomeOf({ code: 1, signal: null }, oom), { kind: 'exit', code: 1 });
    const late = { timedOut: true, outOfMemory: () => true };
    assert.deepEqual(outcomeOf({ code: null, signal: 'SIGKILL' }, late), { kind: 'timeout' });
  });
});

describe('limits of arguments', () => {
  it('follow the stack limit between the least and the most that Linux takes', () => {
    const limits =
      'Limit Soft Hard Units\nMax stack size            8388608              unlimited            bytes\n';
    assert.equal(stackLimit(limits), 8 << 20);
    assert.equal(stackLimit('Max stack size  unlimited unlimited bytes'), Number.POSITIVE_INFINITY);
    assert.ok(argsMaxBytes(8 << 20) <= 2 << 20);
    assert.ok(argsMaxBytes(Number.POSITIVE_INFINITY) <= 6 << 20);
    assert.ok(argsMaxBytes(1) > 100_000);
  });

  it('name the word, the variable or the sum that is too long', () => {
    const word = (length: number) => new Uint8Array(length);
    const none = { job: {}, own: {} };
    const large = { A: 'x'.repeat(131_070) };
    assert.equal(argsProblem([word(131_071)], none, 2 << 20), null);
    assert.match(argsProblem([word(131_072)], none, 2 << 20) ?? '', /131072 bytes.*131071/);
    assert.match(argsProblem([], { ...none, job: large }, 2 << 20) ?? '', /variable has 131072/);
    assert.match(argsProblem(Array(30).fill(word(100_000)), none, 2 << 20) ?? '', /Use -n/);
  });
});

describe('parseStat', () => {
  it('counts behind a name that holds brackets and blanks', () => {
    const stat = '12 (a) b) (c) S 1 12 11 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 1 0 5 6 77 18 0';
    const { pid, parent, group, session, isZombie, ticks, residentPages } = parseStat(stat) ?? {};
    assert.deepEqual(
      { pid, parent, group, session, isZombie, ticks, residentPages },
      {
        pid: 12,
        parent: 1,
        group: 12,
        session: 11,
        isZombie: false,
        ticks: 100,
        residentPages: 77,
      },
    );
  });
});

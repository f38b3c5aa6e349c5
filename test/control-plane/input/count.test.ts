import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countOf } from '../../../control-plane/input/count.ts';

test('counts a byte in any range, wherever the bytes begin in memory', () => {
  const byte = fc.constantFrom(0, 9, 10, 11, 127, 128, 138, 255);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 3000 }).chain((bytes) =>
        fc.record({
          bytes: fc.constant(bytes),
          skipped: fc.nat({ max: 5 }),
          from: fc.nat({ max: bytes.length }),
          to: fc.nat({ max: bytes.length + 10 }),
        }),
      ),
      byte,
      fc.array(fc.nat(), { maxLength: 50 }),
      ({ bytes, skipped, from, to }, wanted, places) => {
        for (const place of places) if (bytes.length > 0) bytes[place % bytes.length] = wanted;
        const part = bytes.subarray(Math.min(skipped, bytes.length));
        const expected = part.subarray(from, Math.max(from, to)).filter((each) => each === wanted);
        assert.equal(countOf(part, wanted, from, to), expected.length);
      },
    ),
  );
  assert.equal(countOf(new Uint8Array(100_000).fill(10), 10, 1, 99_999), 99_998);
});

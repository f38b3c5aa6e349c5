import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromBase64, toBase64 } from '../../protocol/bytes.ts';
import { decodeFrames, encodeFrame, type Frame, FrameDecoder } from '../../protocol/frames.ts';

const frame = fc.record({
  header: fc.dictionary(fc.string(), fc.integer()),
  body: fc.uint8Array(),
});

test('frames come through whole, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 40 }), (frames, piece) => {
      const wire = concat(frames.map(({ header, body }) => encodeFrame(header, body)));
      const decoder = new FrameDecoder();
      const seen: Frame[] = [];
      for (let at = 0; at < wire.length; at += piece) {
        seen.push(...decoder.push(wire.subarray(at, at + piece)));
      }
      assert.ok(decoder.empty);
      assert.deepEqual(
        seen.map(({ header, body }) => ({ header, body: Array.from(body) })),
        frames.map(({ header, body }) => ({
          header: JSON.parse(JSON.stringify(header)),
          body: Array.from(body),
        })),
      );
    }),
  );
});

test('a decoder that reuses its buffer gives each push whole', () => {
  fc.assert(
    fc.property(fc.array(frame), fc.integer({ min: 1, max: 40 }), (frames, piece) => {
      const wire = concat(frames.map(({ header, body }) => encodeFrame(header, body)));
      const decoder = new FrameDecoder({ reuse: true });
      const seen: number[][] = [];
      for (let at = 0; at < wire.length; at += piece) {
        const came = decoder.push(wire.slice(at, at + piece));
        seen.push(...came.map(({ body }) => Array.from(body)));
      }
      assert.ok(decoder.empty);
      assert.deepEqual(
        seen,
        frames.map(({ body }) => Array.from(body)),
      );
    }),
  );
});

test('a decoder that reuses its buffer puts long frames together in one place', () => {
  const wire = encodeFrame({}, new Uint8Array(1000));
  const decoder = new FrameDecoder({ reuse: true });
  const places = [1, 2, 3].map(() => {
    assert.deepEqual(decoder.push(wire.subarray(0, 500)), []);
    return decoder.push(wire.subarray(500))[0]?.body.buffer;
  });
  assert.notEqual(places[0], undefined);
  assert.deepEqual(new Set(places).size, 1);
});

test('a body that ends inside a frame is refused as a whole', () => {
  const wire = encodeFrame({ t: 'x' }, new Uint8Array(10));
  assert.throws(() => decodeFrames(wire.subarray(0, -1)), { code: 'bad_request' });
});

test('a frame that claims an impossible length is refused before it is held', () => {
  const wire = new Uint8Array(8).fill(0xff);
  assert.throws(() => new FrameDecoder().push(wire), { code: 'bad_request' });
});

test('a header that is no JSON is refused', () => {
  const wire = Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 0, 0x7b]);
  assert.throws(() => decodeFrames(wire), { code: 'bad_request' });
});

test('base64 gives back every byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      assert.deepEqual(fromBase64(toBase64(bytes)), Uint8Array.from(bytes));
    }),
  );
});

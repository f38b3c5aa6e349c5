import { encodeHead } from '../../protocol/frames.ts';
import type { Outbox, OutFrame } from './outbox.ts';

/** One report, and what of which lease stands in it. */
export interface Batch {
  /** The body, one after the other. */
  pieces: Uint8Array[];
  bytes: number;
  parts: Map<Outbox, OutFrame[]>;
  /** More waits than fits. */
  isFull: boolean;
}

/** 5,000 frames: the work of one transaction of the control plane stays bounded. */
const MAX_FRAMES = 5_000;

/** Bytes of a head that is not a completion, rounded up. */
const HEAD_BYTES = 400;

/**
 * Takes what the outboxes have to send, first come first served, up to `maxBytes`.
 *
 * @returns null where nothing waits
 */
export const takeBatch = (outboxes: Iterable<Outbox>, maxBytes: number): Batch | null => {
  const parts = new Map<Outbox, OutFrame[]>();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let count = 0;
  for (const outbox of outboxes) {
    if (bytes >= maxBytes || count >= MAX_FRAMES) break;
    if (!outbox.waiting) continue;
    const { frames, all } = outbox.frames(maxBytes - bytes);
    const heads = frames.map(({ header, body }) => encodeHead(header, body.length));
    const size = frames.reduce(
      (sum, { body }, at) => sum + body.length + (heads[at]?.length ?? 0),
      0,
    );
    // A completion with many collected files may be large: it goes alone rather than over the limit.
    if (count > 0 && bytes + size > maxBytes + frames.length * HEAD_BYTES) continue;
    if (frames.length === 0) {
      if (all) continue;
      break;
    }
    frames.forEach(({ body }, at) => {
      const head = heads[at];
      if (head !== undefined) pieces.push(head);
      if (body.length > 0) pieces.push(body);
    });
    parts.set(outbox, frames);
    bytes += size;
    count += frames.length;
  }
  const isFull = bytes * 2 > maxBytes;
  return parts.size === 0 ? null : { pieces, bytes, parts, isFull };
};

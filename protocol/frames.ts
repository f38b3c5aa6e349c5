import { concat } from './bytes.ts';
import { PxError } from './errors.ts';

/**
 * Binary frames, the wire form wherever bytes travel: u32 header length, u32 body length (both
 * big-endian), the header as JSON, the body as it is.
 */
export interface Frame<Header = unknown> {
  header: Header;
  body: Uint8Array;
}

/** The media type of a body or answer made of frames. */
export const FRAMES_TYPE = 'application/vnd.px.frames';

/** 8 MiB: a completion lists its collected files, about 200 bytes each; a longer header is hostile. */
export const HEADER_MAX_BYTES = 8 << 20;

/** 16 MiB: four times the largest chunk, so that memory for one frame is bounded. */
const BODY_MAX_BYTES = 16 << 20;

const PREFIX_BYTES = 8;
const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a frame up to its body: for writers that send the body without copying it. */
export const encodeHead = (header: unknown, bodyLength: number): Uint8Array<ArrayBuffer> => {
  const json = JSON.stringify(header);
  const head = new Uint8Array(PREFIX_BYTES + json.length);
  // Nearly all headers are ASCII and fit: a frame of its own for the text would be thrown away at once.
  const { read } = encoder.encodeInto(json, head.subarray(PREFIX_BYTES));
  const whole =
    read === json.length ? head : concat([head.subarray(0, PREFIX_BYTES), encoder.encode(json)]);
  const view = new DataView(whole.buffer);
  view.setUint32(0, whole.length - PREFIX_BYTES);
  view.setUint32(4, bodyLength);
  return whole;
};

/** The bytes of one frame. */
export const encodeFrame = (header: unknown, body: Uint8Array = EMPTY): Uint8Array<ArrayBuffer> =>
  concat([encodeHead(header, body.length), body]);

interface DecoderOptions {
  /**
   * A body is valid until the next `push` only. For readers that are done with one by then: bodies
   * that take many pushes share one buffer instead of leaving garbage of their size.
   */
  reuse: boolean;
}

/** Takes bytes as they come and gives whole frames; memory is bounded by one frame. */
export class FrameDecoder {
  readonly #reuse: boolean;
  /** Where a frame that takes many pushes is put together: keeping the pieces would hold them all. */
  #buffer: Uint8Array = EMPTY;
  #held = 0;
  #need = PREFIX_BYTES;
  /** The end of the last push; not copied at once, the buffer may still be a frame that was given. */
  #rest: Uint8Array = EMPTY;

  constructor({ reuse }: DecoderOptions = { reuse: false }) {
    this.#reuse = reuse;
  }

  /** Adds bytes and returns the frames that they complete, in order. */
  push(bytes: Uint8Array): Frame[] {
    const rest = this.#rest;
    this.#rest = EMPTY;
    this.#append(rest);
    const frames: Frame[] = [];
    let at = 0;
    while (this.#held > 0) {
      const end = Math.min(bytes.length, at + this.#need - this.#held);
      this.#append(bytes.subarray(at, end));
      at = end;
      if (this.#held < this.#need) return frames;
      const taken = this.#take(this.#buffer.subarray(0, this.#held), 0);
      // What was whole was the prefix: it says how much more is needed.
      if (taken === null) continue;
      frames.push(taken.frame);
      this.#held = 0;
      if (!this.#reuse) this.#buffer = EMPTY;
    }
    for (let taken = this.#take(bytes, at); taken !== null; taken = this.#take(bytes, at)) {
      frames.push(taken.frame);
      at = taken.end;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }

  /** Whether nothing of an unfinished frame is held: a body that ends otherwise was cut off. */
  get empty(): boolean {
    return this.#held === 0 && this.#rest.length === 0;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#buffer.length < this.#need) {
      const larger = new Uint8Array(this.#need);
      larger.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held += bytes.length;
  }

  #take(all: Uint8Array, at: number): { frame: Frame; end: number } | null {
    this.#need = PREFIX_BYTES;
    if (all.length - at < PREFIX_BYTES) return null;
    const view = new DataView(all.buffer, all.byteOffset + at, PREFIX_BYTES);
    const headerLength = view.getUint32(0);
    const bodyLength = view.getUint32(4);
    if (headerLength > HEADER_MAX_BYTES || bodyLength > BODY_MAX_BYTES) {
      throw new PxError('bad_request', 'A frame is longer than the protocol allows.');
    }
    this.#need = PREFIX_BYTES + headerLength + bodyLength;
    if (all.length - at < this.#need) return null;
    const bodyAt = at + PREFIX_BYTES + headerLength;
    const header: unknown = parseHeader(all.subarray(at + PREFIX_BYTES, bodyAt));
    const body = all.subarray(bodyAt, bodyAt + bodyLength);
    return { frame: { header, body }, end: bodyAt + bodyLength };
  }
}

const parseHeader = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new PxError('bad_request', 'A frame header is not JSON.', { cause });
  }
};

/** Decodes a whole body of frames; a cut-off one is refused as a whole. */
export const decodeFrames = (bytes: Uint8Array): Frame[] => {
  const decoder = new FrameDecoder();
  const frames = decoder.push(bytes);
  if (!decoder.empty) throw new PxError('bad_request', 'The body ends inside a frame.');
  return frames;
};

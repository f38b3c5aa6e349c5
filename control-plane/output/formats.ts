import { concat, toBase64, utf8 } from '../../protocol/bytes.ts';
import { errorFromBody } from '../../protocol/errors.ts';
import { encodeHead, FRAMES_TYPE } from '../../protocol/frames.ts';
import type { Sent } from './walk.ts';

/** A form that output can take on the wire. */
export interface Format {
  type: string;
  /** The bytes of a frame, in pieces; none where this form does not show it. */
  encode(sent: Sent): Uint8Array[];
}

const EMPTY = new Uint8Array(0);

const frames: Format = {
  type: FRAMES_TYPE,
  encode: ({ header, body }) => [encodeHead(header, body?.length ?? 0), body ?? EMPTY],
};

const asJson = ({ header, body }: Sent): string =>
  JSON.stringify(body === null ? header : { ...header, data: toBase64(body) });

const ndjson: Format = {
  type: 'application/x-ndjson',
  encode: (sent) => [utf8(`${asJson(sent)}\n`)],
};

const events: Format = {
  type: 'text/event-stream',
  encode: (sent) => [
    utf8(`id: ${sent.header.cursor}\nevent: ${sent.header.t}\ndata: ${asJson(sent)}\n\n`),
  ],
};

/** The program's own bytes and nothing else; an error can only cut them off. */
export const plain: Format = {
  type: 'text/plain; charset=utf-8',
  encode: ({ header, body }) => {
    if (header.t === 'error') throw errorFromBody({ error: header.error });
    return body === null ? [] : [body];
  },
};

const FORMATS: readonly Format[] = [frames, ndjson, events];

/** The form that the Accept header asks for; plain text where it names none. */
export const formatOf = (accept: string | null): Format => {
  const named = (accept ?? '').split(',').map((part) => part.split(';')[0]?.trim());
  return FORMATS.find(({ type }) => named.includes(type)) ?? plain;
};

/** Joins pieces for one write. */
export const join = (parts: readonly Uint8Array[]): Uint8Array => {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : concat(parts);
};

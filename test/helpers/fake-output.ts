import type { CallOptions, CallReply, Client } from '../../protocol/client.ts';
import { PxError } from '../../protocol/errors.ts';
import { encodeFrame } from '../../protocol/frames.ts';
import type { OutputFrame } from '../../protocol/messages/output.ts';
import type { RouteName } from '../../protocol/routes.ts';

/** A frame without its cursor, and the bytes behind it. */
export interface Recorded {
  header: OutputFrame extends infer F ? (F extends unknown ? Omit<F, 'cursor'> : never) : never;
  body?: string;
}

interface FakeOutput {
  client: Client;
  /** Cursors that readers asked to go on from. */
  asked: (string | undefined)[];
}

/**
 * A control plane that knows one output. Each answer breaks off after as many bytes as `cuts` says,
 * the one after the last is whole.
 */
export const fakeOutput = (recorded: readonly Recorded[], cuts: readonly number[]): FakeOutput => {
  const asked: (string | undefined)[] = [];
  const left = [...cuts];
  const answer = (from: number): Response => {
    const frames = recorded.slice(from).map(({ header, body = '' }, index) => {
      const whole = { ...header, cursor: String(from + index + 1) };
      return encodeFrame(whole, Buffer.from(body));
    });
    const bytes = Buffer.concat(frames);
    const cut = left.shift();
    if (cut === undefined) return new Response(bytes);
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(Uint8Array.from(bytes.subarray(0, cut))),
      pull: (controller) => controller.error(new TypeError('terminated')),
    });
    return new Response(stream);
  };
  const call = async <N extends RouteName>(
    name: N,
    options?: CallOptions<N>,
  ): Promise<CallReply<N>> => {
    if (name !== 'output') throw new PxError('not_found', `Nobody expected ${name}.`);
    const cursor = options?.query?.cursor;
    asked.push(cursor === undefined ? undefined : String(cursor));
    return answer(Number(cursor ?? 0)) as CallReply<N>;
  };
  return { client: { call }, asked };
};

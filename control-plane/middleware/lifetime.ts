/** An AbortSignal of one request that follows the caller's and the server's, and lets go of both. */
export interface RequestSignal {
  signal: AbortSignal;
  release(): void;
}

const followers = new WeakMap<AbortSignal, Set<AbortController>>();

/**
 * What is aborted with a signal that lives as long as the process, by one listener for all: each
 * further listener of a signal is compared with all that are there, and thousands of polls are open.
 */
const followersOf = (lasting: AbortSignal): Set<AbortController> => {
  const known = followers.get(lasting);
  if (known !== undefined) return known;
  const all = new Set<AbortController>();
  followers.set(lasting, all);
  const onAbort = (): void => {
    for (const controller of all) controller.abort(lasting.reason);
  };
  lasting.addEventListener('abort', onAbort, { once: true });
  return all;
};

/**
 * Not AbortSignal.any: what it ties to a signal that lives as long as the process is never freed.
 *
 * @param own the caller's signal
 * @param lasting the server's
 */
export const followSignals = (own: AbortSignal, lasting: AbortSignal): RequestSignal => {
  const controller = new AbortController();
  const all = followersOf(lasting);
  const onAbort = (): void => controller.abort(own.reason);
  for (const source of [own, lasting]) if (source.aborted) controller.abort(source.reason);
  own.addEventListener('abort', onAbort, { once: true });
  all.add(controller);
  const release = (): void => {
    own.removeEventListener('abort', onAbort);
    all.delete(controller);
  };
  return { signal: controller.signal, release };
};

/** Calls `onEnd` once the body was read to its end, failed, or was given up. */
export const whenBodyEnds = (
  body: ReadableStream<Uint8Array>,
  onEnd: () => void,
): ReadableStream<Uint8Array> => {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          onEnd();
          controller.close();
        } catch (cause) {
          onEnd();
          controller.error(cause);
        }
      },
      cancel: (reason) => {
        onEnd();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
};

/** An AbortSignal of one request that follows the caller's and the server's, and lets go of both. */
export interface RequestSignal {
  signal: AbortSignal;
  release(): void;
}

/**
 * Not AbortSignal.any: what it ties to a signal that lives as long as the process is never freed.
 */
export const followSignals = (sources: readonly AbortSignal[]): RequestSignal => {
  const controller = new AbortController();
  const onAbort = (event: Event): void => {
    const source = event.target;
    controller.abort(source instanceof AbortSignal ? source.reason : undefined);
  };
  for (const source of sources) {
    if (source.aborted) controller.abort(source.reason);
    source.addEventListener('abort', onAbort, { once: true });
  }
  const release = (): void => {
    for (const source of sources) source.removeEventListener('abort', onAbort);
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

/** What one side pushes and the other iterates. */
interface Queue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** No more will come. */
  end(): void;
}

/** Unbounded: for a few events a second, not for data. */
export const createQueue = <T>(): Queue<T> => {
  const items: T[] = [];
  let ended = false;
  let wake = (): void => {};
  return {
    push: (item) => {
      items.push(item);
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* items.splice(0);
        if (items.length > 0) continue;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};

/** Runs work as it comes, so many at a time, first come first served. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

export const createLimit = (atOnce: number): Limit => {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // A place goes from hand to hand: nobody who comes meanwhile takes it.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
};

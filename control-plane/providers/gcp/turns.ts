/** Has what is asked for under one key done one after another. */
export const createTurns = () => {
  const last = new Map<string, Promise<void>>();
  return (key: string, work: () => Promise<void>): Promise<void> => {
    const done = (last.get(key) ?? Promise.resolve()).then(work);
    last.set(
      key,
      done.catch(() => undefined),
    );
    return done;
  };
};

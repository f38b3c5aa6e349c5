import type { Clock } from '../../clock.ts';

/** 20 ms: the nodes of one `up` are ordered in the same breath. */
const GATHER_MS = 20;

/** Gathers what is asked for under one key within a moment, and has it done together. */
export const createBatch = <Item, Result>(
  clock: Clock,
  work: (items: readonly Item[]) => Promise<(item: Item) => Result>,
) => {
  const waiting = new Map<string, { items: Item[]; done: Promise<(item: Item) => Result> }>();
  return async (key: string, item: Item): Promise<Result> => {
    const known = waiting.get(key);
    if (known !== undefined) {
      known.items.push(item);
      return (await known.done)(item);
    }
    const items = [item];
    const gather = async (): Promise<(item: Item) => Result> => {
      await clock.sleep(GATHER_MS);
      waiting.delete(key);
      return work(items);
    };
    const done = gather();
    waiting.set(key, { items, done });
    return (await done)(item);
  };
};

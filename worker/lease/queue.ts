import type { LeaseKey } from '../../protocol/messages/worker.ts';
import type { Held } from './book.ts';
import { keyOf } from './key.ts';

/** Whether it starts in a slot of its own beside the node's. */
export const startsBeside = ({ lease }: Held): boolean => lease.beside || lease.kind === 'glob';

/** The leases that wait for a slot, in the order in which they came. */
export class Queue {
  readonly #held = new Map<string, Held>();
  #beside = 0;

  get size(): number {
    return this.#held.size;
  }

  /** Leases that need none of the node's slots. */
  get beside(): number {
    return this.#beside;
  }

  /** What is removed meanwhile does not come up any more. */
  all(): IterableIterator<Held> {
    return this.#held.values();
  }

  add(held: Held): void {
    this.#held.set(keyOf(held.lease), held);
    if (startsBeside(held)) this.#beside += 1;
  }

  remove(key: LeaseKey): Held | undefined {
    const held = this.#held.get(keyOf(key));
    if (held === undefined) return undefined;
    this.#held.delete(keyOf(key));
    if (startsBeside(held)) this.#beside -= 1;
    return held;
  }
}

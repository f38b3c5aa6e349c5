import type { Lease, LeaseKey } from '../../protocol/messages/worker.ts';
import { keyOf } from './key.ts';

/**
 * `queued`: not started. `running`: its processes may live. `ended`: they are gone, the report is on
 * its way.
 */
type Phase = 'queued' | 'running' | 'ended';

/** One lease that this worker holds. */
export interface Held {
  readonly lease: Lease;
  /** The input where it travelled inside the claim. */
  readonly input: Uint8Array;
  phase: Phase;
  /** Monotonic milliseconds of the last acknowledgement. */
  acknowledgedAt: number;
}

/** The leases that this worker holds. */
export class LeaseBook {
  readonly #held = new Map<string, Held>();
  #version = 0;

  /** Grows whenever a lease comes in. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Returns null for a lease that is held already: a claim's lost reply was answered again. */
  add(lease: Lease, input: Uint8Array, now: number): Held | null {
    if (this.#held.has(keyOf(lease))) return null;
    const held: Held = { lease, input, phase: 'queued', acknowledgedAt: now };
    this.#held.set(keyOf(lease), held);
    this.#version += 1;
    return held;
  }

  get(key: LeaseKey): Held | undefined {
    return this.#held.get(keyOf(key));
  }

  remove(key: LeaseKey): void {
    this.#held.delete(keyOf(key));
  }

  all(): Held[] {
    return [...this.#held.values()];
  }

  keys(): LeaseKey[] {
    return this.all().map(({ lease: { job, partition, epoch } }) => ({ job, partition, epoch }));
  }
}

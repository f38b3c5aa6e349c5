/** Numbers of the places where processes run; the lowest free one is given first. */
export class Slots {
  readonly #count: number;
  readonly #taken = new Set<number>();
  /** Those below the count. */
  #inside = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /** Slots with nothing to run. Extra ones do not count. */
  get idle(): number {
    return this.#count - this.#inside;
  }

  /** A free slot, or null; an extra one beyond the count where `beside`. */
  take(beside: boolean): number | null {
    const first = beside ? this.#count : 0;
    for (let slot = first; beside || slot < this.#count; slot += 1) {
      if (this.#taken.has(slot)) continue;
      this.#taken.add(slot);
      if (slot < this.#count) this.#inside += 1;
      return slot;
    }
    return null;
  }

  free(slot: number): void {
    if (this.#taken.delete(slot) && slot < this.#count) this.#inside -= 1;
  }
}

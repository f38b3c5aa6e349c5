/** Numbers of the places where processes run; the lowest free one is given first. */
export class Slots {
  readonly #count: number;
  readonly #taken = new Set<number>();

  constructor(count: number) {
    this.#count = count;
  }

  /** Slots with nothing to run. Extra ones do not count. */
  get idle(): number {
    return this.#count - [...this.#taken].filter((slot) => slot < this.#count).length;
  }

  /** A free slot, or null; an extra one beyond the count where `beside`. */
  take(beside: boolean): number | null {
    const first = beside ? this.#count : 0;
    for (let slot = first; beside || slot < this.#count; slot += 1) {
      if (this.#taken.has(slot)) continue;
      this.#taken.add(slot);
      return slot;
    }
    return null;
  }

  free(slot: number): void {
    this.#taken.delete(slot);
  }
}

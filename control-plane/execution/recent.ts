/** What was last said to each node, for so many nodes: the one that was silent longest is forgotten. */
export class Recent<T> {
  readonly #values = new Map<string, T>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#values.size;
  }

  get(nodeId: string): T | undefined {
    return this.#values.get(nodeId);
  }

  set(nodeId: string, value: T): void {
    // Anew, so that the map's order is the order of the last use.
    this.#values.delete(nodeId);
    this.#values.set(nodeId, value);
    if (this.#values.size <= this.#max) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }

  delete(nodeId: string): void {
    this.#values.delete(nodeId);
  }
}

/**
 * Memory of one size that is used again: large bodies in fresh memory, which counts as the heap's, would
 * have all of the heap collected again and again.
 */
export interface Spaces {
  /** Gives `work` so many bytes of what it is for, valid until it is over; at most the size of one. */
  use<T>(bytes: number, work: (space: Buffer) => Promise<T>): Promise<T>;
}

/** @param keptMax so many wait for their next use; more are left to the garbage collector */
export const createSpaces = (sizeBytes: number, keptMax: number): Spaces => {
  const free: Buffer[] = [];
  return {
    use: async (bytes, work) => {
      const space = free.pop() ?? Buffer.allocUnsafeSlow(sizeBytes);
      try {
        return await work(space.subarray(0, bytes));
      } finally {
        if (free.length < keptMax) free.push(space);
      }
    },
  };
};

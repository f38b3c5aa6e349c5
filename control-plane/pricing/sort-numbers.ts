/** Where `key` begins in sorted numbers. */
const lowerBound = (sorted: Float64Array, key: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
};

/**
 * Positions from the lowest number up, NaN last, equal ones in the order of their coming. The engine
 * sorts plain numbers ten times as fast as by a function, so that each then looks for its place.
 */
export const positionsBySize = (numbers: Float64Array): Uint32Array => {
  const keys = numbers.map((each) => (Number.isNaN(each) ? Number.MAX_VALUE : each));
  const sorted = keys.toSorted();
  const taken = new Uint32Array(keys.length);
  const positions = new Uint32Array(keys.length);
  for (const [index, key] of keys.entries()) {
    const start = lowerBound(sorted, key);
    const place = start + (taken[start] ?? 0);
    taken[start] = (taken[start] ?? 0) + 1;
    positions[place] = index;
  }
  return positions;
};

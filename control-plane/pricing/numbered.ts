/** Numbers items by a name, so that a key of two names is one number: a row costs no string. */
export const numbered = <T>(items: readonly T[], name: (item: T) => string): Uint32Array => {
  const numbers = new Map<string, number>();
  return Uint32Array.from(items, (item) => {
    const own = name(item);
    const known = numbers.get(own) ?? numbers.size;
    numbers.set(own, known);
    return known;
  });
};

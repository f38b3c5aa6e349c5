import { distance } from 'fastest-levenshtein';

const letters = (word: string): string => [...word].sort().join('');

/** Letters that changed places, and words cut short, are closer than their distance says. */
const closeness = (word: string, candidate: string): number =>
  candidate.startsWith(word) || letters(word) === letters(candidate)
    ? 1
    : distance(word, candidate);

/** The known word that a misspelt one most likely means; null where none is close. */
export const nearest = (word: string, known: Iterable<string>): string | null => {
  // A third of the letters, rounded up: `cpu` finds `cpus`, `xyz` finds nothing.
  let best = Math.ceil(word.length / 3) + 1;
  let found: string | null = null;
  for (const candidate of known) {
    const far = closeness(word, candidate);
    if (far < best) {
      best = far;
      found = candidate;
    }
  }
  return found;
};

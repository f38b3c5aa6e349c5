import type { Row } from './case.ts';

/** px's own row and what its rivals' are made from. */
export interface Own {
  case: string;
  what: string;
  ms: number;
  goal: string;
  note: string;
}

export const ownRow = (own: Own): Row => ({ ...own, ratio: null });

/** A rival's row: the ratio is px's time by its; where it could not run, the row says why. */
export const rivalRow = (own: Own, what: string, ms: number | null, note = ''): Row => ({
  case: own.case,
  what,
  ms,
  ratio: ms === null ? null : own.ms / ms,
  goal: '',
  note: ms === null && note === '' ? 'not installed here' : note,
});

import type { SourceRow } from './offer.ts';
import { isWanted, type Session } from './sources/source.ts';

/**
 * Whether a list that is one file, and so is read whole whatever is asked for, has any of the regions
 * asked for: known when it was read. Other lists have no part for a region that they lack.
 */
export const watchRegions = (
  cloud: string,
  session: Session,
  regions: readonly string[] | null,
): { rows: Session['rows']; lacksAll: () => boolean } => {
  const isOneFile = session.parts.length === 1 && session.parts[0] === '';
  if (regions === null || !isOneFile) return { rows: session.rows, lacksAll: () => false };
  let seen: boolean | null = null;
  async function* watched(part: string): AsyncGenerator<SourceRow> {
    seen = false;
    for await (const row of session.rows(part)) {
      if (!seen && 'offer' in row) seen = isWanted(cloud, row.offer.place.region, regions);
      yield row;
    }
  }
  return { rows: watched, lacksAll: () => seen === false };
};

import { closest, distance } from 'fastest-levenshtein';
import { got, PxError } from '../../protocol/errors.ts';
import type { Route } from '../../protocol/route.ts';

/** The parameter that was likely meant: it begins alike, or has few slips between. */
const nearest = (known: readonly string[], name: string): string | null => {
  const begins = known.find((each) => each.startsWith(name) || name.startsWith(each));
  if (begins !== undefined || known.length === 0) return begins ?? null;
  const near = closest(name, known);
  return distance(name, near) <= Math.ceil(name.length / 3) ? near : null;
};

/**
 * Refuses a parameter that a route does not have: it would be a wish that nobody heard. Nodes are left
 * alone, since they may be of the version before. Throws `bad_request`.
 */
export const refuseUnknownQuery = (
  { role, query: schema, path }: Route,
  query: Readonly<Record<string, string>>,
): void => {
  if (role === 'node' || role === 'join') return;
  const known = Object.keys(schema?.shape ?? {});
  const unknown = Object.keys(query).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(known, unknown);
  const list = known.length === 0 ? `${path} takes none.` : `${path} takes ${known.join(', ')}.`;
  throw new PxError(
    'bad_request',
    `Bad query: Expected no parameter \`${unknown}\`, got ${got(query[unknown])}.`,
    { hint: near === null ? list : `Did you mean \`${near}\`?` },
  );
};

import { concat, utf8 } from '../../../protocol/bytes.ts';
import { shellQuote } from '../../../protocol/quote.ts';

const NAME = /^[A-Za-z_]\w*$/;

/** Whether a shell passes every variable on: it drops those whose names it could not assign to. */
export const areNames = (env: Readonly<Record<string, string>>): boolean =>
  Object.keys(env).every((name) => NAME.test(name));

/**
 * `NAME='value' ` for each variable that the shell was started with another value of.
 *
 * @returns null where the shell has one that should not be there
 */
export const assignmentsFor = (
  has: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Uint8Array | null => {
  if (Object.keys(has).some((name) => wanted[name] === undefined)) return null;
  const changed = Object.entries(wanted).filter(([name, value]) => has[name] !== value);
  if (changed.some(([name]) => !NAME.test(name))) return null;
  return concat(
    changed.flatMap(([name, value]) => [utf8(`${name}=`), shellQuote(utf8(value)), utf8(' ')]),
  );
};

import { relative, resolve, sep } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { compileGlobs } from '../bundle/globs.ts';
import { existsOnDisk, type RawPath, rawFromText, rawToText } from '../bundle/raw-path.ts';

export interface IgnoredCheck {
  root: string;
  cwd: string;
  /** Names that git tracks or does not ignore. */
  listed: Iterable<{ path: RawPath }>;
  include: readonly string[];
  /** Files that come home: a run may name what it is about to write. */
  collect: readonly string[];
}

/** 10,000 lines: a look at each costs some microseconds, and a mistake shows in the first ones. */
const LOOKED_AT = 10_000;

const refusal = (name: string, more: string): PxError =>
  new PxError('bad_input', `git ignores the input file ${name}${more}: no node would have it.`, {
    hint: `Ship it: include: ['${name}'] in px.yaml`,
  });

const isInside = (path: string): boolean =>
  path !== '' && !path.startsWith(`..${sep}`) && path !== '..';

/**
 * Refuses an args file whose lines name files of the project that git ignores: they exist here and
 * would be missing on every node.
 *
 * @param lines the first lines, as bytes
 * @throws PxError `bad_input` with the first name and how many there are
 */
export const refuseIgnored = (lines: Iterable<Uint8Array>, check: IgnoredCheck): void => {
  const listed = new Set(Array.from(check.listed, ({ path }) => path));
  const isExempt = compileGlobs([...check.include, ...check.collect]);
  const found: string[] = [];
  let looked = 0;
  for (const line of lines) {
    looked += 1;
    if (looked > LOOKED_AT) break;
    const text = Buffer.from(line).toString();
    if (text === '' || text.includes('\0')) continue;
    const path = relative(check.root, resolve(check.cwd, text));
    const raw = rawFromText(path);
    if (!isInside(path) || listed.has(raw) || isExempt(path)) continue;
    if (existsOnDisk(check.root, raw) === 'file') found.push(rawToText(raw));
  }
  const [first] = found;
  if (first === undefined) return;
  throw refusal(first, found.length === 1 ? '' : `, and ${found.length - 1} more`);
};

/**
 * Refuses an input file that the command names too, while git ignores it: its lines would arrive,
 * the file itself would not.
 *
 * @param file absolute path of the input file
 * @throws PxError `bad_input`
 */
export const refuseIgnoredInput = (
  file: string,
  command: string,
  check: Pick<IgnoredCheck, 'root' | 'cwd' | 'listed' | 'include'>,
): void => {
  const path = relative(check.root, file);
  const named = [path, relative(check.cwd, file), file].some((name) => command.includes(name));
  if (!named || !isInside(path) || compileGlobs(check.include)(path)) return;
  const raw = rawFromText(path);
  for (const listed of check.listed) if (listed.path === raw) return;
  throw refusal(path, '');
};

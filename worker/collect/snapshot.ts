import { createHash } from 'node:crypto';
import { readlinkSync, type Stats } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { posix } from 'node:path';
import { PxError } from '../../protocol/errors.ts';
import { LINK_MODE } from '../../protocol/messages/bundles.ts';
import { type BytePath, parentOf, pathIn } from '../bundle/entry.ts';
import { copyRegular } from './open-file.ts';
import { hashFile, type Upload } from './upload.ts';

/** What stands at a path now. */
export interface Snapshot extends Upload {
  mode: number;
}

/** The tree's folder as its processes name it, and as it really is. */
interface Roots {
  named: string;
  real: string;
}

/** A target is sent as it is; an absolute one in the tree becomes relative, since home is elsewhere. */
const targetOf = ({ named, real }: Roots, path: BytePath): BytePath => {
  const target = readlinkSync(pathIn(real, path), 'buffer').toString('latin1');
  const roots = [named, real].map((text) => Buffer.from(text).toString('latin1'));
  const inside = roots.find((one) => target === one || target.startsWith(`${one}/`));
  if (inside === undefined) return target;
  const folder = `/${parentOf(path)}`;
  return posix.relative(folder, `/${target.slice(inside.length + 1)}`) || '.';
};

/** The content of a link is where it leads. */
export const linkContent = (target: BytePath): { bytes: Buffer; size: number; sha256: string } => {
  const bytes = Buffer.from(target, 'latin1');
  return { bytes, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
};

const takeLink = (roots: Roots, path: BytePath): Snapshot | null => {
  try {
    const content = linkContent(targetOf(roots, path));
    return { path: pathIn(roots.real, path), mode: LINK_MODE, ...content };
  } catch {
    // Deleted since the walk, or no link any more: the next one sees it.
    return null;
  }
};

/**
 * What stands at a path now; null where it is gone since the walk, or something else.
 *
 * @param copy where a file is copied to first, so that it cannot change any more; null: it is not
 * @throws PxError `collect_failed` where a file cannot be read
 */
export const takeSnapshot = async (
  roots: Roots,
  path: BytePath,
  stats: Stats,
  copy: string | null,
): Promise<Snapshot | null> => {
  if (stats.isSymbolicLink()) return takeLink(roots, path);
  const found = pathIn(roots.real, path);
  try {
    if (copy !== null && !(await copyRegular(found, copy))) return null;
    const file = copy === null ? found : Buffer.from(await realpath(copy));
    const hashed = await hashFile(file);
    return hashed === null ? null : { path: file, mode: stats.mode & 0o777, ...hashed };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PxError('collect_failed', `A file that matches \`collect\` cannot be read: ${why}`, {
      cause,
    });
  }
};

import { createHash } from 'node:crypto';
import { readlinkSync, realpathSync, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { LINK_MODE } from '../../protocol/messages/bundles.ts';
import { type BytePath, parentOf, pathIn } from '../bundle/entry.ts';
import { hashFile, type Upload } from './upload.ts';

/** What stands at a path now. */
interface Snapshot extends Upload {
  mode: number;
}

/** A target is sent as it is; an absolute one in the tree becomes relative, since home is elsewhere. */
const targetOf = (root: string, path: BytePath): BytePath => {
  const target = readlinkSync(pathIn(root, path), 'buffer').toString('latin1');
  const roots = [root, realpathSync(root)].map((text) => Buffer.from(text).toString('latin1'));
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

/** Null where it is gone, or not readable for the worker's own user. */
export const takeSnapshot = async (
  root: string,
  path: BytePath,
  stats: Stats,
): Promise<Snapshot | null> => {
  const file = pathIn(root, path);
  try {
    return stats.isSymbolicLink()
      ? { path: file, mode: LINK_MODE, ...linkContent(targetOf(root, path)) }
      : { path: file, mode: stats.mode & 0o777, ...(await hashFile(file)) };
  } catch {
    return null;
  }
};

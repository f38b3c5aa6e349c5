import type { Project } from '../project.ts';
import type { Listed } from './git.ts';
import { guardRoot } from './guard.ts';
import { hashFile, makeScratch } from './hash-file.ts';
import { type KnownHash, readIndex, writeIndex } from './hash-index.ts';
import { checkLimits, DEFAULT_LIMIT_BYTES } from './limits.ts';
import { listProject } from './list.ts';
import { encodeManifest, type HashedFile } from './manifest.ts';
import type { RawPath } from './raw-path.ts';
import { type FoundFile, type FoundLink, scan } from './scan.ts';
import { select } from './select.ts';

interface BundleOptions {
  project: Project;
  env: Readonly<Record<string, string | undefined>>;
  /** The user's home directory, which never travels. */
  home: string;
  /** Where the index of hashes is kept, and which never travels. */
  pxHome: string;
  limitBytes?: number;
  /** Milliseconds since 1970, for the index. */
  now: () => number;
  /** Files that are hashed again, whatever the index says: they changed while they were sent. */
  distrust?: ReadonlySet<RawPath>;
}

/** A snapshot of the project: what travels, and its manifest. */
export interface Bundle {
  root: string;
  /** SHA-256 of the manifest. */
  id: string;
  manifest: Uint8Array<ArrayBuffer>;
  files: readonly HashedFile[];
  links: readonly FoundLink[];
  bytes: number;
  /** Every name that git lists, before anything was left out: what else exists is ignored. */
  listed: readonly Listed[];
  /** Credential files that stay at home. */
  withheld: readonly RawPath[];
  /** Sockets, FIFOs and devices. */
  skipped: readonly RawPath[];
}

const hashAll = async (
  root: string,
  files: readonly FoundFile[],
  known: KnownHash,
): Promise<{ hashed: HashedFile[]; fresh: number }> => {
  const scratch = makeScratch();
  const hashed: HashedFile[] = [];
  let fresh = 0;
  for (const file of files) {
    const before = known(file);
    if (before !== null) {
      hashed.push({ ...file, sha256: before });
      continue;
    }
    fresh += 1;
    hashed.push({ ...file, ...(await hashFile(root, file.path, scratch)) });
  }
  return { hashed, fresh };
};

/**
 * Takes the snapshot. Files that have not changed since the last one are not read.
 *
 * @throws PxError `bundle_refused`, `bundle_too_large`
 */
export const makeBundle = async (options: BundleOptions): Promise<Bundle> => {
  const { project, pxHome } = options;
  const { root } = project;
  guardRoot(root, options.home, pxHome);
  const listing = listProject(root, project.git, options.env);
  // Read while git lists.
  const index = readIndex(pxHome, root);
  const listed = await listing;
  const { travelling, withheld } = select(project, listed);
  const found = scan(root, travelling);
  checkLimits(found.files, options.limitBytes ?? DEFAULT_LIMIT_BYTES);
  const known: KnownHash = (file) =>
    options.distrust?.has(file.path) === true ? null : index(file);
  const { hashed, fresh } = await hashAll(root, found.files, known);
  if (fresh > 0) writeIndex(pxHome, root, hashed, options.now());
  const { id, bytes } = encodeManifest(hashed, found.links);
  return {
    root,
    id,
    manifest: bytes,
    files: hashed,
    links: found.links,
    bytes: hashed.reduce((sum, { size }) => sum + size, 0),
    listed,
    withheld,
    skipped: found.skipped,
  };
};

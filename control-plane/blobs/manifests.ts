import * as z from 'zod';
import { show } from '../../protocol/bytes.ts';
import { PxError } from '../../protocol/errors.ts';
import { Manifest } from '../../protocol/messages/bundles.ts';
import type { Deps } from '../deps.ts';
import { missingBlobs } from '../store/blobs.ts';
import type { BlobStore } from './blob-store.ts';
import { checkEntries } from './paths.ts';

/**
 * A manifest that was checked: the files it names, when they were last asked for (wall clock), and
 * how many blobs had been removed by then.
 */
interface Known {
  hashes: ReadonlySet<string>;
  checkedAt: number;
  removed: number;
}

/** 64 bundles: the projects that one control plane sees in an hour. */
const KNOWN_MAX = 64;

const known = new WeakMap<BlobStore, Map<string, Known>>();

const cacheOf = (blobs: BlobStore): Map<string, Known> => {
  const cache = known.get(blobs) ?? new Map<string, Known>();
  known.set(blobs, cache);
  return cache;
};

const refused = (cause: unknown): PxError =>
  new PxError('bundle_refused', 'The manifest of the bundle cannot be read.', {
    hint: 'Update px, then submit again.',
    cause,
  });

const parse = (bytes: Uint8Array): Manifest => {
  try {
    return Manifest.parse(JSON.parse(show(bytes)));
  } catch (cause) {
    if (cause instanceof z.ZodError || cause instanceof SyntaxError) throw refused(cause);
    throw cause;
  }
};

const filesOf = (manifest: Manifest): Set<string> =>
  new Set(manifest.entries.flatMap((entry) => (entry.kind === 'file' ? entry.sha256 : [])));

/** Hashes of the files of a stored manifest; parsed and checked once. */
export const manifestFiles = async (
  { blobs }: Pick<Deps, 'blobs'>,
  sha256: string,
): Promise<ReadonlySet<string>> => {
  const cached = cacheOf(blobs).get(sha256);
  if (cached !== undefined) return cached.hashes;
  const manifest = parse(await blobs.read(sha256));
  checkEntries(manifest.entries);
  const hashes = filesOf(manifest);
  const cache = cacheOf(blobs);
  cache.set(sha256, { hashes, checkedAt: Number.NEGATIVE_INFINITY, removed: blobs.removed });
  for (const oldest of cache.keys()) {
    if (cache.size <= KNOWN_MAX) break;
    cache.delete(oldest);
  }
  return hashes;
};

/** 10 minutes: garbage collection spares what was used within the hour, so what was there is there. */
const CHECK_EVERY_MS = 600_000;

const missing = (hashes: readonly string[]): PxError =>
  new PxError('blob_missing', `${hashes.length} files of the bundle are not stored yet.`, {
    hint: 'Upload them, then submit again.',
    details: { missing: hashes },
  });

const refuseLacking = (deps: Deps, sha256: string, entry: Known): void => {
  // The clock as it is now: the wait for the manifest may have been a night's sleep.
  const now = deps.clock.now();
  const lacking = missingBlobs(deps.db, [sha256, ...entry.hashes], now);
  if (lacking.length > 0) throw missing(lacking);
  entry.checkedAt = now;
  entry.removed = deps.blobs.removed;
};

/**
 * Throws unless the bundle is stored whole and stays below its root: `blob_missing` with details
 * {missing}, `bundle_refused`. A bundle that was looked at lately costs no look at its files.
 */
export const checkBundle = async (deps: Deps, sha256: string): Promise<void> => {
  const absent = missingBlobs(deps.db, [sha256], deps.clock.now());
  if (absent.length > 0) throw missing(absent);
  await manifestFiles(deps, sha256);
  const entry = cacheOf(deps.blobs).get(sha256);
  if (entry === undefined) throw missing([sha256]);
  const age = Math.abs(deps.clock.now() - entry.checkedAt);
  const isFresh = age < CHECK_EVERY_MS && entry.removed === deps.blobs.removed;
  if (!isFresh) refuseLacking(deps, sha256, entry);
};

/**
 * For the transaction that makes a job of it: whether the bundle that was checked before is still
 * whole. Costs nothing unless a blob was removed meanwhile. Throws `blob_missing`.
 */
export const checkBundleAgain = (deps: Deps, sha256: string): void => {
  const entry = cacheOf(deps.blobs).get(sha256);
  if (entry === undefined) throw missing([sha256]);
  if (entry.removed !== deps.blobs.removed) refuseLacking(deps, sha256, entry);
};

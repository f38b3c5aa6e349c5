import { createHash } from 'node:crypto';
import type { BundleEntry, Manifest } from '../../protocol/messages/bundles.ts';
import { type RawPath, rawFromBase64, rawToBase64 } from './raw-path.ts';
import type { FoundFile, FoundLink } from './scan.ts';

export type HashedFile = FoundFile & { sha256: string };

interface EncodedManifest {
  /** SHA-256 of `bytes`: the bundle's id. */
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const byPath = (a: { path: RawPath }, b: { path: RawPath }): number =>
  a.path < b.path ? -1 : a.path > b.path ? 1 : 0;

/** The manifest of equal trees is the same bytes: entries in the order of their path bytes. */
export const encodeManifest = (
  files: readonly HashedFile[],
  links: readonly FoundLink[],
): EncodedManifest => {
  const entries = [
    ...files.map(({ path, mode, size, sha256 }) => ({ path, mode, size, sha256 })),
    ...links,
  ]
    .sort(byPath)
    .map((entry): BundleEntry => {
      const path = rawToBase64(entry.path);
      if ('target' in entry) return { kind: 'link', path, target: rawToBase64(entry.target) };
      return { kind: 'file', path, mode: entry.mode, size: entry.size, sha256: entry.sha256 };
    });
  const manifest: Manifest = { version: 1, entries };
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  return { id: createHash('sha256').update(bytes).digest('hex'), bytes };
};

/** SHA-256 of every file by path, as a manifest has them. */
export const manifestHashes = (manifest: Manifest): Map<RawPath, string> =>
  new Map(
    manifest.entries.flatMap((entry) =>
      entry.kind === 'file' ? [[rawFromBase64(entry.path), entry.sha256] as const] : [],
    ),
  );

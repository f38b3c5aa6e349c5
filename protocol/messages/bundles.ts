import * as z from 'zod';
import { Base64 } from '../bytes.ts';
import { NodeId, Sha256 } from '../ids.ts';
import { Count } from './common.ts';

/** 8 GiB: blobs stream to disk, and the largest file of a request travels in it as a whole. */
export const BLOBS_MAX_BYTES = 8 * 2 ** 30;

/**
 * One entry of a bundle. Paths are relative bytes with `/`, without `.`, `..`, empty parts or NUL.
 * Directories are implied by the files in them. `mode`: the permission bits (0o755 and the like).
 */
export const BundleEntry = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('file'),
    path: Base64,
    mode: z.int().min(0).max(0o7777),
    size: Count,
    sha256: Sha256,
  }),
  z.strictObject({ kind: z.literal('link'), path: Base64, target: Base64 }),
]);
export type BundleEntry = z.infer<typeof BundleEntry>;

/**
 * The manifest of a bundle: JSON of this shape, entries sorted by path bytes, stored as a blob like
 * any other. The SHA-256 of that JSON is the bundle's id, so that equal trees are the same bundle.
 */
export const Manifest = z.strictObject({ version: z.literal(1), entries: z.array(BundleEntry) });
export type Manifest = z.infer<typeof Manifest>;

/** Asks which of these blobs the control plane lacks. */
export const BlobsMissing = z.strictObject({ hashes: z.array(Sha256).max(50_000) });
export const BlobsMissingReply = z.object({ missing: z.array(Sha256) });

/** Header of a frame that carries a blob, whole (`end` true) or the next piece of it (at most 4 MiB). */
export const BlobFrame = z.strictObject({ sha256: Sha256, end: z.boolean() });
export type BlobFrame = z.infer<typeof BlobFrame>;

/** 4 MiB: the most of a blob in one frame. */
export const BLOB_PIECE_BYTES = 4 << 20;

/** Asks for blobs; they come as BlobFrames in the order asked for. */
export const BlobsFetch = z.strictObject({ hashes: z.array(Sha256).min(1).max(10_000) });

/** S_IFMT, S_IFLNK, and the permission bits that Linux shows for every link. */
const TYPE_BITS = 0o170000;
const LINK_TYPE = 0o120000;
export const LINK_MODE = LINK_TYPE | 0o777;

/** Whether a mode is that of a link; the content of a link is where it leads. */
export const isLinkMode = (mode: number): boolean => (mode & TYPE_BITS) === LINK_TYPE;

/** A collected file, or a link (see `isLinkMode`), as it should come home. */
export const CollectedFile = z.object({
  path: Base64,
  sha256: Sha256,
  size: Count,
  mode: z.int(),
  node: NodeId,
  nodeName: z.string(),
  /** Two nodes hold different content: each version comes home as `path.px-NODE`. */
  conflict: z.boolean(),
});
export type CollectedFile = z.infer<typeof CollectedFile>;

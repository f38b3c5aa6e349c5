import { PxError } from '../../protocol/errors.ts';
import { size } from '../output/units.ts';
import { crowdedFolders } from './crowded.ts';
import { type RawPath, rawToText } from './raw-path.ts';

/** 200 MB: more is data, not code; it belongs into a bucket or behind --files. */
export const DEFAULT_LIMIT_BYTES = 200 << 20;

/** 20,000 files come with 200 MB; a raised limit raises both. */
const FILES_PER_BYTE = 20_000 / DEFAULT_LIMIT_BYTES;
const MIN_FILES = 20_000;

/** How many of the largest paths, or of the fullest folders, an error names. */
const NAMED = 10;

const fileLimit = (limitBytes: number): number =>
  Math.max(MIN_FILES, Math.floor(limitBytes * FILES_PER_BYTE));

interface Named {
  words: string;
  details: readonly Record<string, string | number>[];
}

/** What to leave out first, where there are too many bytes. */
const largestOf = (files: readonly { path: RawPath; size: number }[]): Named => {
  const largest = files
    .filter((file) => file.size > 0)
    .toSorted((a, b) => b.size - a.size)
    .slice(0, NAMED);
  const lines = largest.map((file) => `  ${size(file.size).padStart(8)}  ${rawToText(file.path)}`);
  return {
    words: ['Its largest files:', ...lines].join('\n'),
    details: largest.map(({ path, size }) => ({ path: rawToText(path), size })),
  };
};

/** What to leave out first, where there are too many files, however small. */
const fullestOf = (files: readonly { path: RawPath }[]): Named => {
  const folders = crowdedFolders(
    files.map(({ path }) => path),
    NAMED,
  ).map((folder) => ({ path: rawToText(folder.path), files: folder.files }));
  const lines = folders.map(({ path, files }) => `  ${String(files).padStart(8)}  ${path}/`);
  return {
    words: ['Its folders with the most files:', ...lines].join('\n'),
    details: folders,
  };
};

/**
 * Refuses a bundle over the limits.
 *
 * @throws PxError `bundle_too_large` with the ten largest paths, or the folders with the most files
 */
export const checkLimits = (
  files: readonly { path: RawPath; size: number }[],
  limitBytes: number,
): void => {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const most = fileLimit(limitBytes);
  if (bytes <= limitBytes && files.length <= most) return;
  const named = bytes > limitBytes ? largestOf(files) : fullestOf(files);
  // The size at which as many files would pass, in whole GB as people would type it.
  const needed = Math.ceil(Math.max(bytes, files.length / FILES_PER_BYTE) / 2 ** 30);
  const raise =
    bytes > limitBytes
      ? `raise the limit: --bundle-limit ${needed}GB`
      : `raise the limit, which counts for files too: --bundle-limit ${needed}GB (${fileLimit(needed * 2 ** 30)} files)`;
  const found = `${files.length} files, ${size(bytes)}`;
  throw new PxError(
    'bundle_too_large',
    `The project is too large to ship: ${found}, where ${most} files and ${size(limitBytes)} are the most. ${named.words}`,
    {
      hint: `Leave files out with .pxignore or exclude: in px.yaml, or ${raise}`,
      details: named.details,
    },
  );
};

import { PxError } from '../../protocol/errors.ts';
import { size } from '../output/units.ts';
import { type RawPath, rawToText } from './raw-path.ts';

/** 200 MB: more is data, not code; it belongs into a bucket or behind --files. */
export const DEFAULT_LIMIT_BYTES = 200 << 20;

/** 20,000 files come with 200 MB; a raised limit raises both. */
const FILES_PER_BYTE = 20_000 / DEFAULT_LIMIT_BYTES;
const MIN_FILES = 20_000;

/** How many of the largest paths an error names. */
const NAMED = 10;

const fileLimit = (limitBytes: number): number =>
  Math.max(MIN_FILES, Math.floor(limitBytes * FILES_PER_BYTE));

/**
 * Refuses a bundle over the limits.
 *
 * @throws PxError `bundle_too_large` with the ten largest paths
 */
export const checkLimits = (
  files: readonly { path: RawPath; size: number }[],
  limitBytes: number,
): void => {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const most = fileLimit(limitBytes);
  if (bytes <= limitBytes && files.length <= most) return;
  const largest = files.toSorted((a, b) => b.size - a.size).slice(0, NAMED);
  const found = `${files.length} files, ${size(bytes)}`;
  const lines = largest.map((file) => `  ${size(file.size).padStart(8)}  ${rawToText(file.path)}`);
  throw new PxError(
    'bundle_too_large',
    `The project is too large to ship: ${found}, where ${most} files and ${size(limitBytes)} are the most. Its largest files:\n${lines.join('\n')}`,
    {
      hint: 'Leave files out with .pxignore or exclude: in px.yaml, or raise the limit: --bundle-limit 1GB',
      details: largest.map(({ path, size }) => ({ path: rawToText(path), size })),
    },
  );
};

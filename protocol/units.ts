import * as z from 'zod';

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KB|KiB|K|MB|MiB|M|GB|GiB|G|TB|TiB|T)?$/i;
const DURATION =
  /^(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?$/;
const POWER: Record<string, number> = { k: 1, m: 2, g: 3, t: 4 };
const MS = [86_400_000, 3_600_000, 60_000, 1000, 1] as const;

/** Bytes of a size such as `8GB`; GB and GiB both mean 2^30, as the clouds print memory. Null if it is none. */
export const parseSize = (text: string): number | null => {
  const match = SIZE.exec(text.trim());
  if (match === null) return null;
  const power = POWER[(match[2] ?? 'B').charAt(0).toLowerCase()] ?? 0;
  return Math.round(Number(match[1]) * 1024 ** power);
};

/** Milliseconds of a duration such as `15m`, `1h30m`, `500ms` or `90` (seconds). Null if it is none. */
export const parseDuration = (text: string): number | null => {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * 1000);
  const match = trimmed === '' ? null : DURATION.exec(trimmed);
  if (match === null) return null;
  return Math.round(MS.reduce((sum, unit, index) => sum + unit * Number(match[index + 1] ?? 0), 0));
};

/** A size in px.yaml: `8GB`, or a number of bytes. Its output is bytes. */
export const Size = z
  .union([z.string(), z.number()], { error: 'a size like 8GB' })
  .transform((value, context) => {
    const bytes = parseSize(String(value));
    // Nothing that px.yaml sizes may be empty.
    if (bytes !== null && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
    context.addIssue({ code: 'custom', message: 'a size like 8GB' });
    return z.NEVER;
  });

/** A duration in px.yaml: `15m`, or a number of seconds. Its output is milliseconds. */
export const Duration = z
  .union([z.string(), z.number()], { error: 'a duration like 15m' })
  .transform((value, context) => {
    const ms = parseDuration(String(value));
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: 'a duration like 15m' });
    return z.NEVER;
  });

import { writeSync } from 'node:fs';

/**
 * Writes all of the bytes, or throws. Node writes to a file once, and what a disk that just got full
 * did not take would be lost unsaid.
 */
export const writeWhole = (fd: number, bytes: Uint8Array): void => {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
};

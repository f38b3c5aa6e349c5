import { copyFileSync, fstatSync, ftruncateSync, writeSync } from 'node:fs';

/** 4 MiB, and the same once more in `server.log.1`: days of a busy server. */
const LOG_MAX_BYTES = 4 << 20;

/**
 * Writes lines to a log file that is open for appending. At its limit the file is copied aside and
 * emptied in place, since stdout and stderr of the process share its descriptor.
 */
export const createLogWriter = (path: string, descriptor: number): ((line: string) => void) => {
  let size = fstatSync(descriptor).size;
  return (line) => {
    try {
      size += writeSync(descriptor, line);
      if (size <= LOG_MAX_BYTES) return;
      copyFileSync(path, `${path}.1`);
      ftruncateSync(descriptor, 0);
      size = 0;
    } catch {
      // A full disk loses lines of the log; it must not end the server.
    }
  };
};
